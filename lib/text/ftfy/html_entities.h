// HTML character references, decoded in the two ways that prompt cleaning needs.
#pragma once

#include <string>
#include <string_view>

namespace turbodiff::text {

/// As Python 3's html.unescape (the HTML5 rules): `&name;`, known names without the semicolon, as a prefix of
/// what follows too (`&notit` -> `¬it`), decimal and hexadecimal numbers. Numbers of surrogates and beyond
/// Unicode give U+FFFD, of other invalid characters nothing. Numbers of more than 4300 digits, which Python
/// refuses, count as beyond Unicode.
std::u32string unescape_html(std::u32string_view text);

/// As ftfy.fixes.unescape_html of github.com/rspeer/python-ftfy 6.3.1: only references that end in a
/// semicolon, but also names in capitals (`&EACUTE;`) where that is no name of its own.
std::u32string unescape_closed_html(std::u32string_view text);

}  // namespace turbodiff::text
