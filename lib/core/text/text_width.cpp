#include "core/text/text_width.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>

namespace turbodiff::core {
namespace {

struct CodePointRange {
  char32_t first;
  char32_t last;
};

#include "core/text/width_table.inc"

constexpr char32_t replacement = 0xFFFD;

bool in_ranges(std::span<const CodePointRange> ranges, char32_t code_point) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), code_point,
                       [](char32_t value, const CodePointRange& range) { return value < range.first; });
  return after != ranges.begin() && code_point <= std::prev(after)->last;
}

/// Length of the valid UTF-8 sequence at the front (RFC 3629), 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                             : lead >= 0xE0 && lead <= 0xEF ? 3
                             : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
  const bool too_large = lead == 0xF4 && byte(1) >= 0x90;
  return overlong || surrogate || too_large ? 0 : length;
}

bool must_escape(char32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) || code_point == 0x2028 ||
         code_point == 0x2029 || (code_point >= 0x202A && code_point <= 0x202E) ||
         (code_point >= 0x2066 && code_point <= 0x2069);
}

}  // namespace

char32_t next_code_point(std::string_view& text) {
  const std::size_t length = sequence_length(text);
  const auto lead = static_cast<unsigned char>(text[0]);
  char32_t code_point = length == 0 ? replacement : length == 1 ? lead : lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i)
    code_point = (code_point << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  text.remove_prefix(std::max<std::size_t>(length, 1));
  return code_point;
}

int code_point_width(char32_t code_point) {
  if (code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0)) return 0;
  if (code_point < 0x300) return 1;
  if (in_ranges(zero_width_ranges, code_point)) return 0;
  return in_ranges(wide_ranges, code_point) ? 2 : 1;
}

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) columns += static_cast<std::size_t>(code_point_width(next_code_point(text)));
  return columns;
}

std::string truncate_to_width(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::size_t used = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::string_view after = rest;
    const auto width = static_cast<std::size_t>(code_point_width(next_code_point(after)));
    if (used + width > columns - 1) break;
    used += width;
    rest = after;
  }
  return std::string(text.substr(0, text.size() - rest.size())) + "…";
}

std::string pad_to_width(std::string_view text, std::size_t columns) {
  const std::size_t width = display_width(text);
  std::string result(text);
  if (width < columns) result.append(columns - width, ' ');
  return result;
}

std::string escape_control(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::string_view before = text;
    const bool valid = sequence_length(text) > 0;
    const char32_t code_point = next_code_point(text);
    const std::string_view bytes = before.substr(0, before.size() - text.size());
    if (!valid) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(bytes[0]));
    } else if (code_point == '\n') {
      result += "\\n";
    } else if (code_point == '\t') {
      result += "\\t";
    } else if (code_point == '\r') {
      result += "\\r";
    } else if (must_escape(code_point)) {
      const auto number = static_cast<std::uint32_t>(code_point);
      result += number < 0x100 ? fmt::format("\\x{:02x}", number) : fmt::format("\\u{:04x}", number);
    } else {
      result += bytes;
    }
  }
  return result;
}

std::string excerpt(std::string_view text, std::size_t columns) {
  return truncate_to_width(escape_control(text), columns);
}

}  // namespace turbodiff::core
