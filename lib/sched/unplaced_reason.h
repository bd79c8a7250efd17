// Why a job has no place in a plan, in words.
#pragma once

#include <string>
#include <vector>

#include "sched/plan_problem.h"

namespace turbodiff::sched {

/// For `task`, which `placements` leaves out. `request.label` writes instants.
std::string unplaced_reason(const PlanRequest& request, const Problem& problem,
                            const std::vector<Placement>& placements, int task);

}  // namespace turbodiff::sched
