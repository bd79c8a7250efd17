#include "text/ftfy/strict_utf8.h"

#include "text/utf8.h"

namespace turbodiff::text {

namespace {

bool append_strict(std::string_view bytes, std::size_t& position, std::u32string& text) {
  const DecodedChar next = decode_utf8_char(bytes, position);
  if (!next.well_formed || is_surrogate(next.code_point)) return false;
  text += next.code_point;
  position += next.length;
  return true;
}

bool is_java_null(std::string_view rest) {
  return rest.starts_with("\xC0\x80") || rest == "\xC0\n";
}

/// The character beyond U+FFFF that six bytes at the start of `rest` encode in CESU-8.
std::optional<char32_t> cesu8_char(std::string_view rest) {
  if (rest.size() < 6) return std::nullopt;
  const auto at = [&](std::size_t index) { return static_cast<unsigned char>(rest[index]); };
  const auto within = [&](std::size_t index, unsigned char low, unsigned char high) {
    return at(index) >= low && at(index) <= high;
  };
  const bool complete = within(5, 0x80, 0xBF) || (rest.size() == 6 && rest[5] == '\n');
  if (at(0) != 0xED || !within(1, 0xA0, 0xAF) || !within(2, 0x80, 0xBF) || at(3) != 0xED ||
      !within(4, 0xB0, 0xBF) || !complete) {
    return std::nullopt;
  }
  return 0x10000 + (static_cast<char32_t>(at(1) & 0x0F) << 16) + (static_cast<char32_t>(at(2) & 0x3F) << 10) +
         (static_cast<char32_t>(at(4) & 0x0F) << 6) + (at(5) & 0x3F);
}

}  // namespace

std::optional<std::u32string> decode_strict_utf8(std::string_view bytes) {
  std::u32string text;
  text.reserve(bytes.size());
  for (std::size_t position = 0; position < bytes.size();) {
    if (!append_strict(bytes, position, text)) return std::nullopt;
  }
  return text;
}

std::optional<std::u32string> decode_utf8_variants(std::string_view bytes) {
  std::u32string text;
  text.reserve(bytes.size());
  for (std::size_t position = 0; position < bytes.size();) {
    const std::string_view rest = bytes.substr(position);
    if (is_java_null(rest)) {
      text += U'\0';
      position += 2;
    } else if (const auto beyond_bmp = cesu8_char(rest)) {
      text += *beyond_bmp;
      position += 6;
    } else if (!append_strict(bytes, position, text)) {
      return std::nullopt;
    }
  }
  return text;
}

}  // namespace turbodiff::text
