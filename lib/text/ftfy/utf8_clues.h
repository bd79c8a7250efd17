// Finds runs of characters that are probably UTF-8 read in a single-byte encoding.
// Agrees with ftfy.chardata.UTF8_DETECTOR_RE of github.com/rspeer/python-ftfy 6.3.1.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace turbodiff::text {

struct TextSpan {
  std::size_t start;
  std::size_t length;  // at least 2
};

/// All such runs of `text`, left to right, not overlapping: characters that stand for a UTF-8 lead byte, each
/// followed by as many that stand for continuation bytes (a space counts: it may have been byte A0), repeated
/// as often as possible, and not right behind a character that can only be a continuation byte.
std::vector<TextSpan> find_utf8_clues(std::u32string_view text);

}  // namespace turbodiff::text
