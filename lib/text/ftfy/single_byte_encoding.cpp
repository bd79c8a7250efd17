#include "text/ftfy/single_byte_encoding.h"

#include <vector>

#include "text/utf8.h"

namespace turbodiff::text {

namespace {

struct CharMapEncoding {
  std::string_view name;
  bool sloppy;
  std::span<const char16_t, 128> high;
};

#include "text/ftfy/tables/charmaps.inc"

constexpr char substitute = 0x1A;

}  // namespace

SingleByteEncoding::SingleByteEncoding(std::string_view name, bool sloppy,
                                       std::span<const char16_t, 128> high)
    : name_(name), sloppy_(sloppy) {
  for (int index = 0; index < 128; ++index) bytes_[high[index]] = static_cast<char>(0x80 + index);
  if (sloppy) bytes_[replacement_character] = substitute;
}

std::optional<std::string> SingleByteEncoding::encode(std::u32string_view text) const {
  std::string bytes;
  bytes.reserve(text.size());
  for (const char32_t code_point : text) {
    if (code_point < 0x80) {
      if (sloppy_ && code_point == substitute) return std::nullopt;
      bytes += static_cast<char>(code_point);
      continue;
    }
    const auto found = bytes_.find(code_point);
    if (found == bytes_.end()) return std::nullopt;
    bytes += found->second;
  }
  return bytes;
}

std::span<const SingleByteEncoding> mojibake_encodings() {
  static const std::vector<SingleByteEncoding> encodings = [] {
    std::vector<SingleByteEncoding> list;
    for (const CharMapEncoding& map : charmap_encodings) list.emplace_back(map.name, map.sloppy, map.high);
    return list;
  }();
  return encodings;
}

std::optional<char32_t> windows_1252_char(unsigned char byte) {
  const char32_t found = windows_1252_high[byte - 0x80];
  if (found == replacement_character) return std::nullopt;
  return found;
}

}  // namespace turbodiff::text
