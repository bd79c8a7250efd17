#include "core/text/escape_lines.h"

#include "core/text/text_width.h"

namespace turbodiff::core {

std::string escape_lines(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of("\n\t");
    result += escape_control(text.substr(0, end));
    if (end == std::string_view::npos) break;
    result += text[end];
    text.remove_prefix(end + 1);
  }
  return result;
}

}  // namespace turbodiff::core
