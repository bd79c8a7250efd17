#include "tariff/decimal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/error.h"
#include "core/text/strings.h"

namespace turbodiff::tariff {
namespace {

using Wide = unsigned __int128;
/// 256 bits, least significant limb first.
using Limbs = std::array<std::uint64_t, 4>;

Wide magnitude(__int128 value) {
  return value < 0 ? static_cast<Wide>(0) - static_cast<Wide>(value) : static_cast<Wide>(value);
}

__int128 power_of_ten(int exponent) {
  __int128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

Limbs multiply(Wide a, Wide b) {
  const std::uint64_t x[2] = {static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(a >> 64)};
  const std::uint64_t y[2] = {static_cast<std::uint64_t>(b), static_cast<std::uint64_t>(b >> 64)};
  Limbs product{};
  for (std::size_t i = 0; i < 2; ++i) {
    Wide carry = 0;
    for (std::size_t j = 0; j < 2; ++j) {
      const Wide sum = static_cast<Wide>(x[i]) * y[j] + product[i + j] + carry;
      product[i + j] = static_cast<std::uint64_t>(sum);
      carry = sum >> 64;
    }
    product[i + 2] = static_cast<std::uint64_t>(carry);
  }
  return product;
}

/// Divides in place, returns the remainder.
std::uint64_t divide(Limbs& value, std::uint64_t divisor) {
  std::uint64_t remainder = 0;
  for (std::size_t i = value.size(); i-- > 0;) {
    const Wide part = (static_cast<Wide>(remainder) << 64) | value[i];
    value[i] = static_cast<std::uint64_t>(part / divisor);
    remainder = static_cast<std::uint64_t>(part % divisor);
  }
  return remainder;
}

/// Drops the last `digits` decimal digits, half to even.
void drop_digits(Limbs& value, int digits) {
  if (digits <= 0) return;
  bool rest = false;
  for (int left = digits - 1; left > 0;) {
    const int chunk = std::min(left, 18);
    rest |= divide(value, static_cast<std::uint64_t>(power_of_ten(chunk))) != 0;
    left -= chunk;
  }
  const std::uint64_t last = divide(value, 10);
  if (last > 5 || (last == 5 && (rest || (value[0] & 1) != 0)))
    for (std::uint64_t& limb : value)
      if (++limb != 0) break;
}

/// Digits of a number without its sign; `decimals` counts those after the point.
struct Digits {
  std::string text;
  int decimals = 0;
};

std::optional<Digits> read_digits(std::string_view text) {
  Digits digits;
  std::size_t at = 0;
  bool point = false;
  for (; at < text.size() && (core::is_digit(text[at]) || (text[at] == '.' && !point)); ++at) {
    if (text[at] == '.') {
      point = true;
    } else {
      digits.text += text[at];
      digits.decimals += point ? 1 : 0;
    }
  }
  if (digits.text.empty() || digits.text.size() > 200) return std::nullopt;
  if (at == text.size()) return digits;
  if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
  bool minus = false;
  if (++at < text.size() && (text[at] == '+' || text[at] == '-')) minus = text[at++] == '-';
  if (at == text.size() || text.size() - at > 4) return std::nullopt;
  int exponent = 0;
  for (; at < text.size(); ++at) {
    if (!core::is_digit(text[at])) return std::nullopt;
    exponent = exponent * 10 + (text[at] - '0');
  }
  digits.decimals += minus ? exponent : -exponent;
  return digits;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text, std::string* reason) {
  const auto refuse = [&](const std::string& why) {
    if (reason != nullptr) *reason = why;
    return std::nullopt;
  };
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  auto digits = read_digits(text);
  if (!digits) return refuse("a number");
  std::string& all = digits->text;
  all.erase(0, std::min(all.find_first_not_of('0'), all.size()));
  while (!all.empty() && all.back() == '0') {
    all.pop_back();
    --digits->decimals;
  }
  if (all.empty()) return Decimal{};
  if (static_cast<int>(all.size()) - digits->decimals > 6)
    return refuse(fmt::format("a number below {}", max_magnitude));
  if (digits->decimals > max_scale)
    return refuse(fmt::format("a number with at most {} decimals", max_scale));
  Decimal value;
  for (const char c : all) value.mantissa = value.mantissa * 10 + (c - '0');
  if (digits->decimals < 0) value.mantissa *= power_of_ten(-digits->decimals);
  value.scale = std::max(digits->decimals, 0);
  if (minus) value.mantissa = -value.mantissa;
  return value;
}

Decimal operator+(const Decimal& a, const Decimal& b) {
  const int scale = std::max(a.scale, b.scale);
  return {a.mantissa * power_of_ten(scale - a.scale) + b.mantissa * power_of_ten(scale - b.scale), scale};
}

bool operator==(const Decimal& a, const Decimal& b) {
  return (a + Decimal{-b.mantissa, b.scale}).mantissa == 0;
}

std::string to_string(const Decimal& value) {
  std::string digits;
  for (Wide rest = magnitude(value.mantissa); rest != 0; rest /= 10)
    digits += static_cast<char>('0' + static_cast<int>(rest % 10));
  const auto scale = static_cast<std::size_t>(value.scale);
  while (digits.size() <= scale) digits += '0';
  if (scale > 0) digits.insert(scale, 1, '.');
  if (value.negative()) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::int64_t round_product(const Decimal& a, const Decimal& b, int decimals) {
  Limbs product = multiply(magnitude(a.mantissa), magnitude(b.mantissa));
  int drop = a.scale + b.scale - decimals;
  if (drop < 0) {
    // Few decimals on both sides: the product of the scaled factor still fits, as magnitudes are limited.
    product = multiply(magnitude(a.mantissa) * static_cast<Wide>(power_of_ten(-drop)), magnitude(b.mantissa));
    drop = 0;
  }
  drop_digits(product, drop);
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (product[1] != 0 || product[2] != 0 || product[3] != 0 || product[0] > largest)
    throw Error::bad_request("a price is too large to be counted");
  const auto value = static_cast<std::int64_t>(product[0]);
  return (a.mantissa < 0) != (b.mantissa < 0) ? -value : value;
}

std::int64_t round_scaled(const Decimal& a, int decimals) {
  return round_product(a, Decimal{1, 0}, decimals);
}

bool is_below(std::int64_t value, int decimals, const Decimal& limit) {
  return (Decimal{value, decimals} + Decimal{-limit.mantissa, limit.scale}).mantissa < 0;
}

}  // namespace turbodiff::tariff
