// The prompt cleaning that Wan2.1 and TurboDiffusion do before tokenising.
#pragma once

#include <string>
#include <string_view>

namespace turbodiff::text {

/// `utf8` (ill-formed bytes allowed, see fix_text) repaired by fix_text, HTML-unescaped twice, stripped, and
/// with every run of white space as one space. The result is well-formed UTF-8. Agrees with basic_clean and
/// whitespace_clean of rcm/utils/umt5.py in github.com/thu-ml/TurboDiffusion.
std::string clean_prompt(std::string_view utf8);

}  // namespace turbodiff::text
