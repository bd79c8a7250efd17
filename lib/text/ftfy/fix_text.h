// Repair of broken text: mojibake, HTML entities, ligatures, odd widths, curly quotes, line breaks,
// surrogates, terminal sequences, control characters, normalisation.
#pragma once

#include <string>
#include <string_view>

namespace turbodiff::text {

/// What ftfy.fix_text of github.com/rspeer/python-ftfy 6.3.1 with default options makes of `text` (code
/// points, surrogates allowed). Works line by line, in pieces of at most 1,000,000 code points; from the
/// first line with a `<` on, HTML entities are left alone.
std::u32string fix_text(std::u32string_view text);

/// The same for `utf8`. Encoded surrogates (CESU-8, WTF-8) count as surrogates, so that pairs are joined;
/// other ill-formed bytes count as U+FFFD each maximal subpart, as Python's errors="replace".
std::string fix_text(std::string_view utf8);

}  // namespace turbodiff::text
