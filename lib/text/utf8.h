// UTF-8 to code points and back, compatible with Python.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace turbodiff::text {

constexpr char32_t replacement_character = 0xFFFD;

/// One code point and the number of bytes it took (at least 1).
struct DecodedChar {
  char32_t code_point;
  std::size_t length;
  bool well_formed;  // false: code_point stands in for an ill-formed subpart; surrogates count as well-formed
};

constexpr bool is_surrogate(char32_t code_point) {
  return code_point >= 0xD800 && code_point <= 0xDFFF;
}

/// Reads the character that starts at `position` (< bytes.size()). Ill-formed bytes give U+FFFD for each
/// maximal ill-formed subpart (Unicode 3.9, as Python's errors="replace"); an encoded surrogate (ED A0..BF
/// xx, as in CESU-8 and WTF-8) is returned as that surrogate, as Python's errors="surrogatepass" does.
DecodedChar decode_utf8_char(std::string_view bytes, std::size_t position);

/// `bytes` as code points, by the rules of decode_utf8_char. Never fails.
std::u32string decode_utf8(std::string_view bytes);

/// Appends `code_point` (any value below 0x110000, surrogates included) in UTF-8.
void append_utf8(std::string& out, char32_t code_point);

/// `text` in UTF-8; surrogates are written as three bytes each.
std::string encode_utf8(std::u32string_view text);

/// `bytes` as well-formed UTF-8: ill-formed subparts and surrogates become U+FFFD.
std::string to_valid_utf8(std::string_view bytes);

}  // namespace turbodiff::text
