// ftfy's heuristic for mojibake: sequences of characters that are rare in real text.
// Agrees with ftfy.badness.is_bad of github.com/rspeer/python-ftfy 6.3.1.
#pragma once

#include <string_view>

namespace turbodiff::text {

/// Whether `text` looks as if it had been decoded with a wrong encoding. The longer the text, the likelier
/// the result is true.
bool is_bad(std::u32string_view text);

}  // namespace turbodiff::text
