#include "text/ftfy/char_fixes.h"

#include <algorithm>
#include <span>

#include "text/utf8.h"

namespace turbodiff::text {

namespace {

struct CharReplacement {
  char32_t code_point;
  char32_t value[3];  // padded with zeros
};
struct CodePointRange {
  char32_t first;
  char32_t last;
};

#include "text/ftfy/tables/decimal_digits.inc"
#include "text/ftfy/tables/ligatures.inc"
#include "text/ftfy/tables/width_forms.inc"

std::u32string translate(std::u32string_view text, std::span<const CharReplacement> table) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t code_point : text) {
    const auto found =
        std::lower_bound(table.begin(), table.end(), code_point,
                         [](const CharReplacement& row, char32_t c) { return row.code_point < c; });
    if (found == table.end() || found->code_point != code_point) {
      out += code_point;
      continue;
    }
    for (const char32_t part : found->value) {
      if (part != 0) out += part;
    }
  }
  return out;
}

bool between(char32_t code_point, char32_t first, char32_t last) {
  return code_point >= first && code_point <= last;
}

bool is_high_surrogate(char32_t code_point) {
  return between(code_point, 0xD800, 0xDBFF);
}
bool is_low_surrogate(char32_t code_point) {
  return between(code_point, 0xDC00, 0xDFFF);
}

bool is_decimal_digit(char32_t code_point) {
  return std::any_of(std::begin(decimal_digits), std::end(decimal_digits), [&](const CodePointRange& range) {
    return between(code_point, range.first, range.last);
  });
}

bool is_unwanted_control(char32_t c) {
  return c <= 0x08 || c == 0x0B || between(c, 0x0E, 0x1F) || c == 0x7F || between(c, 0x206A, 0x206F) ||
         c == 0xFEFF || between(c, 0xFFF9, 0xFFFC);
}

/// Length of the terminal sequence at `position`, which is an ESC; 0 when it opens none.
std::size_t terminal_escape_length(std::u32string_view text, std::size_t position) {
  std::size_t end = position + 1;
  if (end == text.size() || text[end] != U'[') return 0;
  ++end;
  while (end < text.size() && (text[end] == U';' || is_decimal_digit(text[end]))) ++end;
  if (end == text.size() || !(between(text[end], U'a', U'z') || between(text[end], U'A', U'Z'))) return 0;
  return end + 1 - position;
}

}  // namespace

std::u32string fix_latin_ligatures(std::u32string_view text) {
  return translate(text, ligatures);
}

std::u32string fix_character_width(std::u32string_view text) {
  return translate(text, width_forms);
}

std::u32string uncurl_quotes(std::u32string_view text) {
  std::u32string out(text);
  for (char32_t& c : out) {
    if (between(c, 0x201C, 0x201F)) c = U'"';
    if (c == 0x02BC || between(c, 0x2018, 0x201B)) c = U'\'';
  }
  return out;
}

std::u32string fix_line_breaks(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t position = 0; position < text.size(); ++position) {
    const char32_t c = text[position];
    if (c == U'\r' && position + 1 < text.size() && text[position + 1] == U'\n') continue;
    out += c == U'\r' || c == 0x2028 || c == 0x2029 || c == 0x85 ? U'\n' : c;
  }
  return out;
}

std::u32string fix_surrogates(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t position = 0; position < text.size(); ++position) {
    const char32_t c = text[position];
    if (is_high_surrogate(c) && position + 1 < text.size() && is_low_surrogate(text[position + 1])) {
      out += 0x10000 + ((c - 0xD800) << 10) + (text[++position] - 0xDC00);
    } else {
      out += is_surrogate(c) ? replacement_character : c;
    }
  }
  return out;
}

std::u32string remove_terminal_escapes(std::u32string_view text) {
  constexpr char32_t escape = 0x1B;
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t length = text[position] == escape ? terminal_escape_length(text, position) : 0;
    if (length == 0) out += text[position];
    position += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::u32string remove_control_chars(std::u32string_view text) {
  std::u32string out(text);
  std::erase_if(out, is_unwanted_control);
  return out;
}

}  // namespace turbodiff::text
