#include "cost/rent.h"

#include <algorithm>

#include "core/error.h"

namespace turbodiff::cost {
namespace {

RentPlan plan_of(std::span<const std::int64_t> loads, const RentPrices& prices, std::int64_t gpus) {
  RentPlan plan;
  plan.monthly_gpus = gpus;
  __int128 on_demand = 0;
  for (const std::int64_t load : loads)
    on_demand += std::max<__int128>(0, load - static_cast<__int128>(gpus) * micros_a_month);
  plan.on_demand_us = static_cast<std::int64_t>(on_demand);
  __int128 total = on_demand * prices.per_hour.micro();
  if (gpus > 0)
    total += static_cast<__int128>(prices.per_month->micro()) * gpus * static_cast<__int128>(loads.size()) *
             micros_an_hour;
  plan.total = core::Money::from_micro(core::divide_half_even(total, micros_an_hour));
  return plan;
}

}  // namespace

RentChoice compare_rent(std::span<const std::int64_t> loads, const RentPrices& prices) {
  RentChoice choice;
  choice.on_demand = plan_of(loads, prices, 0);
  if (!prices.per_month) return choice;
  std::int64_t largest = 0;
  for (const std::int64_t load : loads) largest = std::max(largest, load);
  const std::int64_t needed = largest / micros_a_month + (largest % micros_a_month != 0 ? 1 : 0);
  if (needed > most_gpus) throw Error::bad_request("the load needs more than 100000 GPUs");
  choice.monthly = plan_of(loads, prices, needed);
  choice.hybrid = choice.on_demand;
  for (std::int64_t gpus = 1; gpus <= needed; ++gpus) {
    const RentPlan plan = plan_of(loads, prices, gpus);
    // What one more GPU a month saves never grows with their number.
    if (plan.total > choice.hybrid->total) break;
    if (plan.total < choice.hybrid->total) choice.hybrid = plan;
  }
  return choice;
}

std::optional<std::int64_t> break_even_us(const RentPrices& prices) {
  if (!prices.per_month || prices.per_hour.micro() <= 0) return std::nullopt;
  const __int128 price = prices.per_hour.micro();
  const __int128 load =
      (static_cast<__int128>(prices.per_month->micro()) * micros_an_hour + price - 1) / price;
  if (load > micros_a_month) return std::nullopt;
  return static_cast<std::int64_t>(load);
}

}  // namespace turbodiff::cost
