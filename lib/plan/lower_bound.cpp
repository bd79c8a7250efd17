#include "plan/lower_bound.h"

#include <algorithm>

#include "plan/plan_result.h"

namespace turbodiff::plan {

void set_lower_bound(Plan& plan, Cost bound) {
  if (plan.objective == Objective::carbon) {
    plan.milligram_lower_bound = std::min(*plan.milligram_co2, core::divide_half_even(bound, 3'600'000'000));
  } else {
    plan.lower_bound = std::min(plan.total_cost.gross, money_of(bound));
  }
}

}  // namespace turbodiff::plan
