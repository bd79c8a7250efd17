// The nesting depth of a JSON text, determined before it is parsed.
#pragma once

#include <cstddef>
#include <string_view>

namespace turbodiff::core {

/// No document of this project nests deeper; copying or writing a tree of 100,000 levels overflows the stack.
constexpr std::size_t max_json_nesting = 64;

/// The largest number of arrays and objects within each other. Any text is accepted; the result for invalid
/// JSON is meaningless.
std::size_t json_nesting(std::string_view json);

}  // namespace turbodiff::core
