#include "cost/year_prices.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "core/error.h"
#include "core/units.h"

namespace turbodiff::cost {
namespace {

using core::divide_half_even;

constexpr long double largest = 1.6e38L;  // below 2^127

}  // namespace

YearPrices::YearPrices(const tariff::PriceCurve& curve) {
  using Key = std::tuple<std::int64_t, std::int64_t, std::int64_t, bool, std::string>;
  std::map<Key, PriceShare> shares;
  for (const tariff::Segment& segment : curve.segments()) {
    if (!segment.price) continue;
    const tariff::Price& price = *segment.price;
    PriceShare& share =
        shares[{price.gross, price.net, price.levies, segment.off_peak, segment.rate.value_or("")}];
    share.rate = segment.rate;
    share.price = price;
    share.off_peak = segment.off_peak;
    share.seconds += segment.end - segment.start;
    total_ += segment.end - segment.start;
  }
  if (total_ == 0) throw Error::bad_request("the tariff has no price for any hour of the coming year");
  for (auto& [key, share] : shares) shares_.push_back(std::move(share));
}

YearPrices YearPrices::flat(const tariff::Price& price) {
  YearPrices prices;
  prices.shares_.push_back({std::nullopt, price, false, seconds_a_year});
  prices.total_ = seconds_a_year;
  return prices;
}

std::optional<tariff::Price> YearPrices::mean(std::optional<bool> off_peak) const {
  __int128 seconds = 0, gross = 0, net = 0, levies = 0;
  for (const PriceShare& share : shares_) {
    if (off_peak && share.off_peak != *off_peak) continue;
    seconds += share.seconds;
    gross += static_cast<__int128>(share.price.gross) * share.seconds;
    net += static_cast<__int128>(share.price.net) * share.seconds;
    levies += static_cast<__int128>(share.price.levies) * share.seconds;
  }
  if (seconds == 0) return std::nullopt;
  const auto average = [&](__int128 sum) { return divide_half_even(sum, seconds); };
  tariff::Price mean{average(gross), average(net), average(levies), 0};
  mean.vat = mean.gross - mean.net - mean.levies;
  return mean;
}

YearCosts::YearCosts(const YearPrices& prices, HourChoice choice) : total_(prices.priced_seconds()) {
  std::vector<PriceShare> order = prices.shares();
  if (choice == HourChoice::off_peak)
    std::stable_partition(order.begin(), order.end(), [](const PriceShare& share) { return share.off_peak; });
  Sum sum;
  for (const PriceShare& share : order) {
    sum.seconds += share.seconds;
    sum.cost.add(share.seconds, share.price);
    if (choice != HourChoice::any || &share == &order.back()) sums_.push_back(sum);
  }
}

energy::Cost YearCosts::of(std::int64_t seconds, std::int64_t milliwatts) const {
  if (seconds < 0 || seconds > seconds_a_year)
    throw Error::bad_request("a year has 8760 hours", "a larger load needs more GPUs");
  // In sample seconds times the seconds of a year, so that a part of a second stays exact.
  const __int128 wanted = static_cast<__int128>(seconds) * total_;
  const auto reached =
      std::lower_bound(sums_.begin(), sums_.end(), wanted,
                       [](const Sum& sum, __int128 value) { return sum.seconds * seconds_a_year < value; });
  const Sum before = reached == sums_.begin() ? Sum{} : *(reached - 1);
  const __int128 rest = wanted - before.seconds * seconds_a_year;
  const __int128 width = reached->seconds - before.seconds;
  const auto part = [&](__int128 low, __int128 high) {
    // No remainder: a share has one price, and `rest` is a multiple of `width` where shares are mixed.
    const __int128 used = low * seconds_a_year + (width == 0 ? 0 : (high - low) * rest / width);
    if (std::abs(static_cast<long double>(used)) * static_cast<long double>(milliwatts) > largest)
      throw Error::bad_request("the electricity bill is too large to be counted");
    return used * milliwatts;
  };
  const energy::ExactCost exact{part(before.cost.gross, reached->cost.gross),
                                part(before.cost.net, reached->cost.net),
                                part(before.cost.levies, reached->cost.levies)};
  return exact.rounded(energy::milliwatt_seconds_per_kwh * total_);
}

std::vector<std::int64_t> YearCosts::steps() const {
  std::vector<std::int64_t> steps;
  for (const Sum& sum : sums_)
    steps.push_back(static_cast<std::int64_t>(sum.seconds * seconds_a_year / total_));
  return steps;
}

}  // namespace turbodiff::cost
