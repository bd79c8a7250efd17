// The single-byte encodings that UTF-8 is most often mistaken for. "Sloppy" ones let unassigned bytes stand
// for the code points of the same number, and byte 1A for U+FFFD, a character that was lost. Agrees with
// ftfy.chardata.CHARMAP_ENCODINGS and ftfy.bad_codecs.sloppy of github.com/rspeer/python-ftfy 6.3.1.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace turbodiff::text {

class SingleByteEncoding {
 public:
  /// `high`: the 128 characters of bytes 80..FF.
  SingleByteEncoding(std::string_view name, bool sloppy, std::span<const char16_t, 128> high);

  /// Python's name of the codec, "sloppy-" in front where it applies.
  std::string_view name() const { return name_; }
  bool sloppy() const { return sloppy_; }
  /// The bytes that decode to `text`; none when it has a character that the encoding lacks.
  std::optional<std::string> encode(std::u32string_view text) const;

 private:
  std::string_view name_;
  bool sloppy_;
  std::unordered_map<char32_t, char> bytes_;  // of the characters from U+0080 up
};

/// The ten encodings in the order to try them: latin-1 first, then the windows pages, macroman and cp437.
std::span<const SingleByteEncoding> mojibake_encodings();

/// The character of a byte 80..FF in windows-1252; none for its five unassigned bytes.
std::optional<char32_t> windows_1252_char(unsigned char byte);

}  // namespace turbodiff::text
