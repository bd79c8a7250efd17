// Converts placements into a plan with ends, energy and money.
#pragma once

#include <vector>

#include "plan/plan.h"
#include "plan/plan_problem.h"
#include "plan/timeline.h"

namespace turbodiff::plan {

/// Every worker's jobs in order of time, with the setups that this order requires.
std::vector<std::vector<Slot>> rows_of(const Problem& problem, const std::vector<Placement>& placements);

/// The jobs, the totals, asap_cost and the idle energy; `unplaced` and the bound stay empty. asap_cost is the
/// cost of the placed jobs when all of them are treated as `now` jobs: by priority, then input order, each at
/// its earliest feasible second. `earliest`, `after`, the number of workers and missing prices apply there
/// too; off-peak times do not, because jobs wait for them. A deadline is ignored for a job that cannot be
/// placed otherwise.
Plan make_result(const PlanRequest& request, const tariff::PriceCurve& curve, const Problem& problem,
                 const std::vector<Placement>& placements);

/// The objective of all placed jobs.
Cost total_objective(const Problem& problem, const std::vector<Placement>& placements);

/// nano-price * milliwatt * second as money, rounded once, half to even.
core::Money money_of(Cost cost);

}  // namespace turbodiff::plan
