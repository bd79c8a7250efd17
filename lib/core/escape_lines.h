// Text of many lines from elsewhere, such as what an engine has written.
#pragma once

#include <string>
#include <string_view>

namespace turbodiff::core {

/// As escape_control(), but line breaks and tabs stay: it cannot steer the terminal.
std::string escape_lines(std::string_view text);

}  // namespace turbodiff::core
