// Unicode white space.
#pragma once

namespace turbodiff::text {

/// Whether `code_point` has the Unicode property White_Space.
constexpr bool is_white_space(char32_t code_point) {
  return (code_point >= 0x09 && code_point <= 0x0D) || code_point == 0x20 || code_point == 0x85 ||
         code_point == 0xA0 || code_point == 0x1680 || (code_point >= 0x2000 && code_point <= 0x200A) ||
         code_point == 0x2028 || code_point == 0x2029 || code_point == 0x202F || code_point == 0x205F ||
         code_point == 0x3000;
}

/// Whether Python's str.isspace, and with it str.strip, counts `code_point` as white space: White_Space and
/// the four information separators.
constexpr bool is_python_space(char32_t code_point) {
  return is_white_space(code_point) || (code_point >= 0x1C && code_point <= 0x1F);
}

}  // namespace turbodiff::text
