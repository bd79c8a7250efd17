#include "core/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"

namespace turbodiff::core {
namespace {

constexpr std::int64_t microjoules_per_kwh = 3'600'000'000'000;

std::int64_t checked(__int128 value) {
  if (value > std::numeric_limits<std::int64_t>::max() || value < std::numeric_limits<std::int64_t>::min())
    throw Error::work_failed("an amount is too large to be counted");
  return static_cast<std::int64_t>(value);
}

/// Nearest integer, ties to even (the default rounding mode). 9.2e18 is just below 2^63.
std::int64_t rounded(double value, const char* what) {
  if (!(std::abs(value) < 9.2e18))
    throw Error::bad_request(fmt::format("{} of {} is not a usable number", what, value));
  return static_cast<std::int64_t>(std::nearbyint(value));
}

/// value / 10^decimals as decimal text.
std::string decimal_text(std::int64_t value, int decimals) {
  const std::uint64_t magnitude =
      value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  std::string digits = fmt::format("{:0{}}", magnitude, decimals + 1);
  digits.insert(digits.size() - static_cast<std::size_t>(decimals), ".");
  return (value < 0 ? "-" : "") + digits;
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace

std::int64_t divide_half_even(__int128 numerator, __int128 denominator) {
  __int128 quotient = numerator / denominator;
  __int128 remainder = numerator % denominator;
  if (remainder < 0) {
    remainder += denominator;
    quotient -= 1;
  }
  const __int128 other = denominator - remainder;
  if (remainder > other || (remainder == other && quotient % 2 != 0)) quotient += 1;
  return checked(quotient);
}

Kwh Kwh::from_joules(double joules) {
  return Kwh(rounded(joules * 1e6, "an energy"));
}
Kwh Kwh::from_kwh(double kwh) {
  return Kwh(rounded(kwh * 3.6e12, "an energy"));
}

std::string Kwh::to_string() const {
  return decimal_text(
      divide_half_even(static_cast<__int128>(microjoules_) * 1'000'000'000, microjoules_per_kwh), 9);
}

Kwh Kwh::operator+(Kwh other) const {
  return Kwh(checked(static_cast<__int128>(microjoules_) + other.microjoules_));
}
Kwh Kwh::operator-(Kwh other) const {
  return Kwh(checked(static_cast<__int128>(microjoules_) - other.microjoules_));
}

Money Money::from_units(double units) {
  return Money(rounded(units * 1e6, "an amount"));
}

std::optional<Money> Money::parse(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (whole.size() > 12 || fraction.size() > 24 || whole.size() + fraction.size() == 0) return std::nullopt;
  if (!all_digits(whole) || !all_digits(fraction)) return std::nullopt;
  __int128 value = 0;
  __int128 denominator = 1;
  for (const char c : whole) value = value * 10 + (c - '0');
  for (const char c : fraction) {
    value = value * 10 + (c - '0');
    denominator *= 10;
  }
  // 36 digits at most, below 2^127 / 10; the factor of a million is taken off the denominator where there is
  // one.
  for (int i = 0; i < 6; ++i) {
    if (denominator > 1) {
      denominator /= 10;
    } else {
      value *= 10;
    }
  }
  return Money(divide_half_even(negative ? -value : value, denominator));
}

Money Money::of(Kwh energy, Money per_kwh) {
  return Money(
      divide_half_even(static_cast<__int128>(energy.microjoules()) * per_kwh.micro(), microjoules_per_kwh));
}

std::string Money::to_string() const {
  return decimal_text(micro_, 6);
}

Money Money::operator+(Money other) const {
  return Money(checked(static_cast<__int128>(micro_) + other.micro_));
}
Money Money::operator-(Money other) const {
  return Money(checked(static_cast<__int128>(micro_) - other.micro_));
}

Money Money::scaled(std::int64_t numerator, std::int64_t denominator) const {
  return Money(divide_half_even(static_cast<__int128>(micro_) * numerator, denominator));
}

std::string format_duration(double seconds) {
  if (!std::isfinite(seconds)) return "unknown";
  if (seconds < 0) return "-" + format_duration(-seconds);
  if (seconds < 0.995) return fmt::format("{:.2f} s", seconds);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  if (seconds > 1e15) return "unknown";
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  const std::int64_t minutes = (whole + 30) / 60;
  if (minutes < 24 * 60) return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
  const std::int64_t hours = (whole + 1800) / 3600;
  return fmt::format("{} d {:02} h", hours / 24, hours % 24);
}

std::string format_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  static constexpr const char* units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < std::size(units)) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

std::uint64_t parse_bytes(std::string_view text) {
  const auto fail = [&] {
    return Error::bad_request(fmt::format("'{}' is not a size", escape_control(text)),
                              "write it as 512M or 2.5 GiB");
  };
  const std::string_view trimmed = trim(text);
  const std::size_t digits = std::min(trimmed.find_first_not_of("0123456789."), trimmed.size());
  const auto number = parse_number(trimmed.substr(0, digits));
  std::string unit = to_lower(trim(trimmed.substr(digits)));
  if (!number) throw fail();
  const bool decimal = unit.size() == 2 && unit[1] == 'b';
  if (unit == "b") unit.clear();
  if (unit.size() > 1 && unit.ends_with('b')) unit.pop_back();
  if (unit.size() > 1 && unit.ends_with('i')) unit.pop_back();
  const std::size_t power = unit.empty() ? 0 : std::string_view("kmgtp").find(unit) + 1;
  if (unit.size() > 1 || (power == 0) != unit.empty()) throw fail();
  const double value = *number * std::pow(decimal ? 1000.0 : 1024.0, static_cast<double>(power));
  if (!(value < 9.2e18)) throw fail();
  return static_cast<std::uint64_t>(std::llround(value));
}

}  // namespace turbodiff::core
