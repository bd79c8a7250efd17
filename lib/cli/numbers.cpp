#include "cli/numbers.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "core/text/strings.h"
#include "core/text/text_width.h"

namespace turbodiff::cli {
namespace {

template <class Number>
std::string problem_of(const std::string& text, const std::optional<Number>& value, Number low, Number high,
                       std::string_view kind) {
  if (!value) return fmt::format("'{}' is not a {}", core::escape_control(text), kind);
  if (*value >= low && *value <= high) return {};
  if (high == std::numeric_limits<Number>::max()) return fmt::format("{} is below {}", text, low);
  return fmt::format("{} is not between {} and {}", text, low, high);
}

}  // namespace

CLI::Validator whole_between(std::int64_t low, std::int64_t high) {
  return CLI::Validator(
      [low, high](std::string& text) {
        const auto value = core::parse_integer(text);
        const std::string problem = problem_of(text, value, low, high, "whole number in range");
        if (problem.empty())
          text = std::to_string(*value);  // without zeros in front, which CLI11 reads as octal
        return problem;
      },
      "");
}

CLI::Validator number_between(double low, double high) {
  return CLI::Validator(
      [low, high](std::string& text) {
        return problem_of(text, core::parse_number(text), low, high, "number");
      },
      "");
}

}  // namespace turbodiff::cli
