// Why a job cannot be placed in a plan, as text.
#pragma once

#include <string>
#include <vector>

#include "plan/plan_problem.h"

namespace turbodiff::plan {

/// The reason for `task`, which `placements` leaves out. `request.label` formats instants.
std::string unplaced_reason(const PlanRequest& request, const Problem& problem,
                            const std::vector<Placement>& placements, int task);

/// For a task that cannot be placed: whether it has a deadline within the plan, and prices that are not
/// published yet cannot help.
bool is_late(const PlanRequest& request, const Problem& problem, int task);

}  // namespace turbodiff::plan
