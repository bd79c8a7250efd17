// Prices as exact decimal numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace turbodiff::tariff {

/// mantissa / 10^scale, exactly. At most 20 decimals and a magnitude below 1,000,000, so that sums and one
/// product of two can be formed without loss.
struct Decimal {
  static constexpr int max_scale = 20;
  static constexpr std::int64_t max_magnitude = 1'000'000;

  __int128 mantissa = 0;
  int scale = 0;

  /// "0.28", "-1.5", ".5", "1e-3": a decimal number as a whole; nothing when it is none or does not fit (then
  /// `reason`, when given, says why: "a number", "a number below 1000000", ...: what it should have been).
  static std::optional<Decimal> parse(std::string_view text, std::string* reason = nullptr);

  bool negative() const { return mantissa < 0; }
  bool zero() const { return mantissa == 0; }
};

/// Equal as numbers: 1.5 and 1.50.
bool operator==(const Decimal& a, const Decimal& b);
Decimal operator+(const Decimal& a, const Decimal& b);
/// All its decimals, as parse() reads them: "-0.280".
std::string to_string(const Decimal& value);
/// a * b * 10^decimals, rounded once, half to even. Error bad_request when it does not fit.
std::int64_t round_product(const Decimal& a, const Decimal& b, int decimals);
/// a * 10^decimals, rounded once, half to even.
std::int64_t round_scaled(const Decimal& a, int decimals);
/// Whether value / 10^decimals < limit, exactly.
bool is_below(std::int64_t value, int decimals, const Decimal& limit);

}  // namespace turbodiff::tariff
