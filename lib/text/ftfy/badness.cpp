#include "text/ftfy/badness.h"

#include "text/ftfy/class_sequence.h"

namespace turbodiff::text {

namespace {

#include "text/ftfy/tables/badness.inc"

}  // namespace

bool is_bad(std::u32string_view text) {
  static const ClassPattern pattern(badness_ranges, badness_sequences);
  const ClassedText classed = pattern.classify(text);
  for (std::size_t position = 0; position < text.size(); ++position) {
    if (pattern.match_length(classed, position) > 0) return true;
  }
  return false;
}

}  // namespace turbodiff::text
