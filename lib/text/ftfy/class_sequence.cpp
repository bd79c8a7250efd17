#include "text/ftfy/class_sequence.h"

#include <algorithm>

namespace turbodiff::text {

namespace {

constexpr std::uint64_t no_classes[2] = {};

}  // namespace

ClassPattern::ClassPattern(std::span<const ClassRange> ranges, std::span<const ClassSequence> sequences)
    : ranges_(ranges), sequences_(sequences), low_{} {
  for (const ClassSequence& sequence : sequences) {
    starts_[sequence.classes[0] / 64] |= std::uint64_t{1} << sequence.classes[0] % 64;
  }
  for (char32_t code_point = 0; code_point < 256; ++code_point) {
    const auto range = std::partition_point(ranges.begin(), ranges.end(),
                                            [&](const ClassRange& r) { return r.last < code_point; });
    low_[code_point] = range == ranges.end() || range->first > code_point ? no_classes : range->classes;
  }
}

const std::uint64_t* ClassPattern::classes_of(char32_t code_point) const {
  if (code_point < 256) return low_[code_point];
  const auto range = std::partition_point(ranges_.begin(), ranges_.end(),
                                          [&](const ClassRange& r) { return r.last < code_point; });
  return range == ranges_.end() || range->first > code_point ? no_classes : range->classes;
}

ClassedText ClassPattern::classify(std::u32string_view text) const {
  ClassedText classed;
  classed.masks_.reserve(2 * text.size());
  for (const char32_t code_point : text) {
    const std::uint64_t* classes = classes_of(code_point);
    classed.masks_.insert(classed.masks_.end(), classes, classes + 2);
  }
  return classed;
}

ClassedText ClassPattern::classify_bytes(std::string_view bytes) const {
  ClassedText classed;
  classed.masks_.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    const std::uint64_t* classes = low_[static_cast<unsigned char>(byte)];
    classed.masks_.insert(classed.masks_.end(), classes, classes + 2);
  }
  return classed;
}

std::size_t ClassPattern::match_length(const ClassedText& text, std::size_t position) const {
  const std::uint64_t* classes = &text.masks_[2 * position];
  if ((classes[0] & starts_[0]) == 0 && (classes[1] & starts_[1]) == 0) return 0;
  const std::size_t left = text.size() - position;
  for (const ClassSequence& sequence : sequences_) {
    if (sequence.length > left || (sequence.at_start && position != 0)) continue;
    std::size_t matched = 0;
    while (matched < sequence.length && text.in(position + matched, sequence.classes[matched])) ++matched;
    if (matched == sequence.length) return matched;
  }
  return 0;
}

}  // namespace turbodiff::text
