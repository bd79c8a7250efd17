// Multi-line text from another source, such as the output of an engine.
#pragma once

#include <string>
#include <string_view>

namespace turbodiff::core {

/// As escape_control(), but keeps line breaks and tabs: the text cannot control the terminal.
std::string escape_lines(std::string_view text);

}  // namespace turbodiff::core
