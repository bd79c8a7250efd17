#include "core/duration.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "core/error.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"

namespace turbodiff::core {
namespace {

constexpr std::array<std::pair<char, std::int64_t>, 5> units = {
    {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}, {'w', 7 * 86'400}}};

std::optional<std::int64_t> unit_seconds(char letter) {
  for (const auto& [unit, seconds] : units)
    if (unit == letter) return seconds;
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_duration(std::string_view text) {
  std::int64_t total = 0;
  while (!text.empty()) {
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits])) ++digits;
    if (digits == 0 || digits > 9 || digits == text.size()) return std::nullopt;
    const auto unit = unit_seconds(text[digits]);
    if (!unit) return std::nullopt;
    total += *parse_integer(text.substr(0, digits)) * *unit;
    if (total > longest_duration_s) return std::nullopt;
    text.remove_prefix(digits + 1);
  }
  return total > 0 ? std::optional(total) : std::nullopt;
}

std::int64_t require_duration(std::string_view text, std::string_view option) {
  if (const auto duration = parse_duration(text)) return *duration;
  throw Error::bad_request(fmt::format("{}: '{}' is not a duration", option, escape_control(text)),
                           "write it like 90m, 36h or 7d");
}

std::int64_t require_duration_or_zero(std::string_view text, std::string_view option) {
  return text == "0" || text == "0s" ? 0 : require_duration(text, option);
}

}  // namespace turbodiff::core
