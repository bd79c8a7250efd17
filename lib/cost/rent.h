// Renting GPUs: on demand (by the hour), by the month, or some by the month and the rest on demand.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/units.h"

namespace turbodiff::cost {

/// 730 h, a twelfth of a year.
inline constexpr std::int64_t micros_an_hour = 3600LL * 1'000'000;
inline constexpr std::int64_t micros_a_month = 730 * micros_an_hour;
/// More are taken for a slip of the pen.
inline constexpr std::int64_t most_gpus = 100'000;

struct RentPrices {
  core::Money per_hour;
  std::optional<core::Money> per_month;
};

/// GPUs rented by the month throughout, and the additional time on demand, over all months.
struct RentPlan {
  std::int64_t monthly_gpus = 0;
  std::int64_t on_demand_us = 0;
  core::Money total;
};

struct RentChoice {
  RentPlan on_demand;
  std::optional<RentPlan> monthly;  ///< nullopt without a monthly price
  std::optional<RentPlan> hybrid;   ///< the cheapest number of monthly GPUs; the smallest one on ties
};

/// Loads are GPU time a month in microseconds, at least 0, one item a month; a GPU works at most 730 h of it.
/// Error bad_request for more than 100,000 GPUs.
RentChoice compare_rent(std::span<const std::int64_t> loads_us, const RentPrices& prices);

/// The smallest load of one GPU per month at which renting by the month costs no more than on demand: monthly
/// price / hourly price, rounded up to the microsecond. Nothing when even 730 h on demand are cheaper, or
/// there is no monthly price.
std::optional<std::int64_t> break_even_us(const RentPrices& prices);

}  // namespace turbodiff::cost
