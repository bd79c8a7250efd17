#include "text/clean_prompt.h"

#include <algorithm>

#include "text/ftfy/fix_text.h"
#include "text/ftfy/html_entities.h"
#include "text/utf8.h"
#include "text/white_space.h"

namespace turbodiff::text {

namespace {

std::u32string_view strip(std::u32string_view text) {
  while (!text.empty() && is_python_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_python_space(text.back())) text.remove_suffix(1);
  return text;
}

std::u32string join_white_space(std::u32string_view text) {
  std::u32string out;
  for (std::size_t position = 0; position < text.size(); ++position) {
    if (!is_white_space(text[position])) {
      out += text[position];
    } else if (position == 0 || !is_white_space(text[position - 1])) {
      out += U' ';
    }
  }
  return out;
}

}  // namespace

std::string clean_prompt(std::string_view utf8) {
  const std::u32string unescaped = unescape_html(unescape_html(fix_text(decode_utf8(utf8))));
  return encode_utf8(strip(join_white_space(strip(unescaped))));
}

}  // namespace turbodiff::text
