#include "text/ftfy/fix_text.h"

#include <algorithm>
#include <utility>

#include "text/ftfy/char_fixes.h"
#include "text/ftfy/fix_encoding.h"
#include "text/ftfy/html_entities.h"
#include "text/ftfy/nfc.h"
#include "text/utf8.h"

namespace turbodiff::text {

namespace {

std::u32string fix_segment(std::u32string text, bool unescape) {
  while (true) {
    std::u32string fixed = unescape ? unescape_closed_html(text) : text;
    fixed = fix_encoding(std::move(fixed));
    fixed = fix_c1_controls(std::move(fixed));
    fixed = fix_latin_ligatures(fixed);
    fixed = fix_character_width(fixed);
    fixed = uncurl_quotes(fixed);
    fixed = fix_line_breaks(fixed);
    fixed = fix_surrogates(fixed);
    fixed = remove_terminal_escapes(fixed);
    fixed = remove_control_chars(fixed);
    fixed = to_nfc(std::move(fixed));
    if (fixed == text) return text;
    text = std::move(fixed);
  }
}

}  // namespace

std::u32string fix_text(std::u32string_view text) {
  constexpr std::size_t longest_segment = 1'000'000;
  std::u32string out;
  bool unescape = true;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t line_feed = text.find(U'\n', start);
    std::size_t end = line_feed == text.npos ? text.size() : line_feed + 1;
    end = std::min(end, start + longest_segment);
    const std::u32string_view segment = text.substr(start, end - start);
    if (segment.find(U'<') != segment.npos) unescape = false;
    out += fix_segment(std::u32string(segment), unescape);
    start = end;
  }
  return out;
}

std::string fix_text(std::string_view utf8) {
  return encode_utf8(fix_text(decode_utf8(utf8)));
}

}  // namespace turbodiff::text
