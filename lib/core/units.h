// Money, energy, durations and sizes as types and as text.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace turbodiff::core {

/// numerator / denominator rounded to the nearest integer, ties to even. `denominator` must be positive.
/// Error work_failed when the result does not fit.
std::int64_t divide_half_even(__int128 numerator, __int128 denominator);

/// Energy in whole microjoules (up to 2.5 million kWh).
class Kwh {
 public:
  constexpr Kwh() = default;
  static constexpr Kwh from_microjoules(std::int64_t value) { return Kwh(value); }
  /// Rounded to the microjoule. Error bad_request when not finite or too large, as for the next one.
  static Kwh from_joules(double joules);
  static Kwh from_kwh(double kwh);

  constexpr std::int64_t microjoules() const { return microjoules_; }
  double kwh() const { return static_cast<double>(microjoules_) / 3.6e12; }
  /// 9 decimals, half to even: "0.002345679".
  std::string to_string() const;

  /// Error work_failed on overflow.
  Kwh operator+(Kwh other) const;
  Kwh operator-(Kwh other) const;
  auto operator<=>(const Kwh&) const = default;

 private:
  explicit constexpr Kwh(std::int64_t value) : microjoules_(value) {}
  std::int64_t microjoules_ = 0;
};

/// An amount in millionths of the currency unit.
class Money {
 public:
  constexpr Money() = default;
  static constexpr Money from_micro(std::int64_t value) { return Money(value); }
  /// Half to even. Error bad_request when not finite or too large.
  static Money from_units(double units);
  /// "12", "-0.28", "0.2801234": decimal text, exact to 6 decimals and half to even beyond. Nothing when it
  /// is none.
  static std::optional<Money> parse(std::string_view text);
  /// What `energy` costs at `per_kwh`, rounded once, half to even.
  static Money of(Kwh energy, Money per_kwh);

  constexpr std::int64_t micro() const { return micro_; }
  double units() const { return static_cast<double>(micro_) / 1e6; }
  /// 6 decimals: "0.280123".
  std::string to_string() const;

  /// Error work_failed on overflow.
  Money operator+(Money other) const;
  Money operator-(Money other) const;
  /// The amount times numerator / denominator, rounded once, half to even: VAT of 19 % is scaled(19, 100).
  Money scaled(std::int64_t numerator, std::int64_t denominator) const;
  auto operator<=>(const Money&) const = default;

 private:
  explicit constexpr Money(std::int64_t value) : micro_(value) {}
  std::int64_t micro_ = 0;
};

/// "0.42 s", "12.3 s", "1 min 05 s", "2 h 03 min", "3 d 04 h".
std::string format_duration(double seconds);
/// "512 B", "2.8 GiB".
std::string format_bytes(std::uint64_t bytes);
/// "1048576", "512M", "512 MiB", "2.5GB": K, M, G, T with i or alone are powers of 1024, KB, MB, GB, TB of
/// 1000. Error bad_request otherwise.
std::uint64_t parse_bytes(std::string_view text);

}  // namespace turbodiff::core
