// Why a job has no place in a plan, in words.
#pragma once

#include <string>
#include <vector>

#include "sched/plan_problem.h"

namespace turbodiff::sched {

/// For `task`, which `placements` leaves out. `request.label` writes instants.
std::string unplaced_reason(const PlanRequest& request, const Problem& problem,
                            const std::vector<Placement>& placements, int task);

/// Of a task that has no place: whether it has a deadline within the plan, and prices that are still to come
/// cannot help.
bool is_late(const PlanRequest& request, const Problem& problem, int task);

}  // namespace turbodiff::sched
