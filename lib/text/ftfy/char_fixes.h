// Fixes of single characters, or of a few neighbours.
// Agree with the functions of the same names in ftfy.fixes of github.com/rspeer/python-ftfy 6.3.1.
#pragma once

#include <string>
#include <string_view>

namespace turbodiff::text {

/// Latin ligatures and digraphs (ﬁ, ĳ, ǆ, ...) spelled out.
std::u32string fix_latin_ligatures(std::u32string_view text);

/// Full-width Latin, half-width Katakana and Hangul, and the ideographic space converted to their usual
/// width.
std::u32string fix_character_width(std::u32string_view text);

/// Curly quotation marks and the modifier apostrophe as straight ones.
std::u32string uncurl_quotes(std::u32string_view text);

/// CR LF, CR, U+2028, U+2029 and U+0085 as LF.
std::u32string fix_line_breaks(std::u32string_view text);

/// Surrogate pairs joined to the character they encode, lone surrogates replaced by U+FFFD.
std::u32string fix_surrogates(std::u32string_view text);

/// "ANSI" terminal sequences (ESC [ digits and semicolons, letter) removed.
std::u32string remove_terminal_escapes(std::u32string_view text);

/// Control characters without a use in text removed: C0 except tab, LF, FF and CR; DEL; U+206A..206F, U+FEFF,
/// U+FFF9..FFFC.
std::u32string remove_control_chars(std::u32string_view text);

}  // namespace turbodiff::text
