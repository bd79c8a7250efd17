#include "text/ftfy/fix_encoding.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "text/ftfy/badness.h"
#include "text/ftfy/byte_repairs.h"
#include "text/ftfy/single_byte_encoding.h"
#include "text/ftfy/strict_utf8.h"
#include "text/ftfy/utf8_clues.h"

namespace turbodiff::text {

namespace {

bool is_ascii(std::u32string_view text) {
  return std::all_of(text.begin(), text.end(), [](char32_t c) { return c < 0x80; });
}

bool is_c1_control(char32_t code_point) {
  return code_point >= 0x80 && code_point <= 0x9F;
}

/// `text` taken as the characters of `encoding`, its bytes read as UTF-8; none when either does not work out.
std::optional<std::u32string> decode_through(const SingleByteEncoding& encoding, std::u32string_view text) {
  std::optional<std::string> bytes = encoding.encode(text);
  if (!bytes) return std::nullopt;
  // D0 is macroman's en dash: before a space it would be taken for a damaged sequence.
  if (encoding.name() != "macroman") bytes = restore_byte_a0(*bytes);
  if (encoding.sloppy()) bytes = replace_lossy_sequences(*bytes);
  const bool may_be_variant = bytes->find_first_of("\xED\xC0") != std::string::npos;
  return may_be_variant ? decode_utf8_variants(*bytes) : decode_strict_utf8(*bytes);
}

/// Undoes mojibake in the parts of `text` that look like it, where the text as a whole fits no encoding.
std::u32string decode_inconsistent_utf8(const std::u32string& text) {
  std::u32string out;
  std::size_t copied = 0;
  for (const TextSpan& span : find_utf8_clues(text)) {
    const std::u32string part = text.substr(span.start, span.length);
    if (span.length == text.size() || !is_bad(part)) continue;
    out.append(text, copied, span.start - copied);
    out += fix_encoding(part);
    copied = span.start + span.length;
  }
  return out.append(text, copied);
}

/// `text`, which is Latin-1, as windows-1252; none when it uses bytes that windows-1252 leaves unassigned.
std::optional<std::u32string> latin_1_as_windows_1252(std::u32string text) {
  for (char32_t& code_point : text) {
    if (!is_c1_control(code_point)) continue;
    const auto meant = windows_1252_char(static_cast<unsigned char>(code_point));
    if (!meant) return std::nullopt;
    code_point = *meant;
  }
  return text;
}

std::u32string fix_encoding_once(const std::u32string& text) {
  if (is_ascii(text) || !is_bad(text)) return text;

  for (const SingleByteEncoding& encoding : mojibake_encodings()) {
    if (auto fixed = decode_through(encoding, text)) return *std::move(fixed);
  }

  std::u32string partly_fixed = decode_inconsistent_utf8(text);
  if (partly_fixed != text) return partly_fixed;

  if (std::all_of(text.begin(), text.end(), [](char32_t c) { return c < 0x100; })) {
    auto as_windows = latin_1_as_windows_1252(text);
    if (as_windows && *as_windows != text) return *std::move(as_windows);
  }
  return fix_c1_controls(text);
}

}  // namespace

std::u32string fix_encoding(std::u32string text) {
  while (true) {
    std::u32string fixed = fix_encoding_once(text);
    if (fixed == text) return text;
    text = std::move(fixed);
  }
}

std::u32string fix_c1_controls(std::u32string text) {
  for (char32_t& code_point : text) {
    if (is_c1_control(code_point)) {
      code_point = windows_1252_char(static_cast<unsigned char>(code_point)).value_or(code_point);
    }
  }
  return text;
}

}  // namespace turbodiff::text
