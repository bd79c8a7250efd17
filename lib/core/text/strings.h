// Small functions on text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::core {

/// Without ASCII white space at both ends.
std::string_view trim(std::string_view text);
/// The parts between separators, empty ones included; always at least one.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);
/// ASCII only.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);

/// '0' to '9', whatever the locale.
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The whole of `text` as a decimal number; nothing when it is not one or out of range. No blanks, "inf" or
/// "nan".
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<double> parse_number(std::string_view text);
/// true/false, yes/no, on/off in any case.
std::optional<bool> parse_boolean(std::string_view text);

/// Insertions, deletions, substitutions and swaps of neighbours between two texts (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);
/// The candidate nearest to `text`, when it is near enough to be a misspelling (a third of its length).
std::optional<std::string> nearest(std::string_view text, std::span<const std::string> candidates);
/// " (did you mean 'x'?)" or empty, for the end of a message; the candidates may come from a file.
std::string did_you_mean(std::string_view text, std::span<const std::string> candidates);

}  // namespace turbodiff::core
