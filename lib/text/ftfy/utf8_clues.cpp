#include "text/ftfy/utf8_clues.h"

#include "text/ftfy/class_sequence.h"

namespace turbodiff::text {

namespace {

#include "text/ftfy/tables/utf8_clues.inc"

constexpr std::size_t strict_continuation = 0;  // the class that must not stand before a run

}  // namespace

std::vector<TextSpan> find_utf8_clues(std::u32string_view text) {
  static const ClassPattern pattern(utf8_clue_ranges, utf8_clue_sequences);
  const ClassedText classed = pattern.classify(text);
  std::vector<TextSpan> found;
  for (std::size_t start = 0; start < text.size();) {
    std::size_t end = start;
    if (start == 0 || !classed.in(start - 1, strict_continuation)) {
      while (end < text.size()) {
        const std::size_t matched = pattern.match_length(classed, end);
        if (matched == 0) break;
        end += matched;
      }
    }
    if (end > start) found.push_back({start, end - start});
    start = end > start ? end : start + 1;
  }
  return found;
}

}  // namespace turbodiff::text
