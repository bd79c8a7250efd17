// The price of a kilowatt-hour over a year, depending on how many hours are used and which.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "energy/cost.h"
#include "tariff/price_curve.h"

namespace turbodiff::cost {

inline constexpr std::int64_t seconds_a_year = 8760LL * 3600;
/// A twelfth of a year: 730 h.
inline constexpr std::int64_t seconds_a_month = seconds_a_year / 12;

/// The hours that a load uses first.
enum class HourChoice {
  off_peak,  ///< the off-peak ones, cheapest first, then the others, cheapest first
  cheapest,  ///< cheapest first
  any        ///< spread over all hours alike
};

/// All seconds with the same price.
struct PriceShare {
  std::optional<std::string> rate;
  tariff::Price price;
  bool off_peak = false;
  std::int64_t seconds = 0;
};

class YearPrices {
 public:
  /// The priced seconds of `curve`, which represent a year. Error bad_request when none has a price.
  explicit YearPrices(const tariff::PriceCurve& curve);
  /// The same price all year.
  static YearPrices flat(const tariff::Price& price);

  /// Cheapest first.
  const std::vector<PriceShare>& shares() const { return shares_; }
  std::int64_t priced_seconds() const { return total_; }
  /// Weighted by time, each part rounded half to even; of the off-peak or the other hours only when
  /// `off_peak` says so. Nothing when there are none.
  std::optional<tariff::Price> mean(std::optional<bool> off_peak = std::nullopt) const;

 private:
  YearPrices() = default;
  std::vector<PriceShare> shares_;
  std::int64_t total_ = 0;
};

/// The year's electricity bill of a load, for one choice of hours.
class YearCosts {
 public:
  YearCosts(const YearPrices& prices, HourChoice choice);

  /// The cost of `milliwatts` for `seconds` per year (at most a year). Exact, rounded once.
  energy::Cost of(std::int64_t seconds, std::int64_t milliwatts) const;
  /// Loads (seconds per year) at which the price of the next second changes; the last is the year.
  std::vector<std::int64_t> steps() const;

 private:
  /// Sums up to and including one share: sample seconds, and nano-price times sample seconds.
  struct Sum {
    __int128 seconds = 0;
    energy::ExactCost cost;  ///< of one milliwatt all the time
  };
  std::vector<Sum> sums_;
  __int128 total_ = 0;
};

}  // namespace turbodiff::cost
