// The best plan by trying every second, and a check of any plan. Shares no code with the planner.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "tariff/price_curve.h"

namespace turbodiff::testing {

struct TriedPlace {
  int worker = -1;  ///< -1: not placed
  std::int64_t start = 0;
  std::int64_t end = 0;
};

struct TriedPlan {
  std::vector<TriedPlace> places;  ///< by job
  __int128 cost = 0;               ///< nano-price * milliwatt * second
};

/// Every job at every second on every worker, and left out.
TriedPlan exhaustive_plan(const plan::PlanRequest& request, const tariff::PriceCurve& curve);

/// Jobs in input order, each at its own cheapest free second: what is often taken for a planner.
std::optional<TriedPlan> greedy_by_price(const plan::PlanRequest& request, const tariff::PriceCurve& curve);

/// What is wrong with a plan; empty when nothing is.
std::string fault_in(const plan::PlanRequest& request, const tariff::PriceCurve& curve,
                     const plan::Plan& plan);

}  // namespace turbodiff::testing
