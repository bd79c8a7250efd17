// The number of terminal columns of UTF-8 text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace turbodiff::core {

/// One code point cut off the front of `text`; an invalid byte is cut off alone and reads as U+FFFD.
/// `text` must not be empty.
char32_t next_code_point(std::string_view& text);

/// Columns of one code point: 0 for combining marks and control characters, 2 for wide (CJK, emoji), else 1.
/// After East Asian Width (UAX #11): W and F are wide, ambiguous is narrow.
int code_point_width(char32_t code_point);

/// Columns of a text without control characters.
std::size_t display_width(std::string_view text);

/// `text` when it fits into `columns`, else its start with "…" at the end; never more than `columns`.
std::string truncate_to_width(std::string_view text, std::size_t columns);

/// `text` followed by blanks up to `columns`; longer text is returned as it is.
std::string pad_to_width(std::string_view text, std::size_t columns);

/// `text` with control characters, line breaks, bidirectional overrides and invalid UTF-8 written as \n, \t,
/// \x1b, \u202e, so that it is one line and cannot control the terminal.
std::string escape_control(std::string_view text);

/// The start of external `text` on one line, for an error message: escape_control() in at most `columns`.
std::string excerpt(std::string_view text, std::size_t columns = 60);

}  // namespace turbodiff::core
