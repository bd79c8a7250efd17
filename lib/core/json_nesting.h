// How deep a JSON text nests, told before it is parsed.
#pragma once

#include <cstddef>
#include <string_view>

namespace turbodiff::core {

/// No document of ours nests deeper; copying or writing a tree of 100,000 levels overflows the stack.
constexpr std::size_t max_json_nesting = 64;

/// Arrays and objects within each other at the deepest place. Any text is taken; what is no JSON has some
/// depth too.
std::size_t json_nesting(std::string_view json);

}  // namespace turbodiff::core
