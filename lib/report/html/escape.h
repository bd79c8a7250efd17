// Escaping of user text for other languages. Invalid UTF-8 becomes U+FFFD in all of them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace turbodiff::report {

/// For HTML text and double-quoted attributes, and for XML. Control characters and bidirectional overrides
/// are escaped as by core::escape_control().
std::string html_escape(std::string_view text);

/// A JSON string with its quotes, appended to `out`.
void append_json_string(std::string& out, std::string_view text);

/// A text field according to RFC 4180, appended to `out`: quoted where necessary. A text that a spreadsheet
/// would interpret as a formula (= + - @, also behind blanks) is prefixed by a '; control characters other
/// than tab and line breaks become U+FFFD.
void append_csv_text(std::string& out, std::string_view text);

/// The value of a Prometheus label, without its quotes.
std::string label_escape(std::string_view text);

/// At most `code_points` of the text, with "…" where it was truncated.
std::string shorten(std::string_view text, std::size_t code_points);

}  // namespace turbodiff::report
