// Finds and undoes mojibake: text that was written in one encoding and read in another.
// Agrees with ftfy.fix_encoding of github.com/rspeer/python-ftfy 6.3.1 with default options.
#pragma once

#include <string>

namespace turbodiff::text {

/// `text` decoded again with the encoding it was meant in, as often as that improves it; unchanged when it
/// looks correct.
std::u32string fix_encoding(std::u32string text);

/// C1 control characters (U+0080..U+009F) replaced by what their bytes mean in windows-1252, as browsers do.
std::u32string fix_c1_controls(std::u32string text);

}  // namespace turbodiff::text
