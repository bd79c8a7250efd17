// The secondary objectives of a plan: early ends, first of the jobs of the highest priority, then of the next
// one, and so on; then early starts in input order.
#pragma once

#include <vector>

#include "plan/plan_problem.h"
#include "plan/workboard.h"

namespace turbodiff::plan {

/// Sums of end times of the placed jobs by priority, the highest first: the smaller the better.
std::vector<Time> ends_by_priority(const Problem& problem, const std::vector<Placement>& placements);

/// Which jobs may change their order: all, so that short ones come before long ones of the same priority, or
/// only those of different priorities, so that an existing plan is kept.
enum class Settle { all, priorities };

/// The same jobs at no more cost, in a better order and without idle time that saves nothing. `fixed` jobs
/// keep their places.
Workboard settle_order(const Problem& problem, const Workboard& board, const std::vector<Placement>& fixed,
                       Settle settle);

/// Moves each job, the first ones first, to the earliest place where it costs no more. Returns whether any
/// moved.
bool pull_forward(const Problem& problem, Workboard& board);

}  // namespace turbodiff::plan
