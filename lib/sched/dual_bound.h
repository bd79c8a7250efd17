// How much less any other plan of the same jobs could cost: a Lagrangian bound.
//
// Each price step k gets a charge lambda_k >= 0 for a worker's second in it. Then for every plan
//   cost >= sum over jobs of min over starts (cost + charges) - workers * sum over steps of lambda_k *
//   length_k,
// since a plan uses each worker's second once at most. The charges are found by subgradient steps; the bound
// itself is summed in integers, so it holds exactly. (Geoffrion, Lagrangean relaxation for integer
// programming, 1974; step lengths after Polyak.)
#pragma once

#include <vector>

#include "sched/plan_problem.h"

namespace turbodiff::sched {

/// Of the objective of every plan that places exactly the tasks that `placements` places and keeps the
/// `fixed` ones where they are. `total` is the objective of `placements`.
Cost dual_bound(const Problem& problem, const std::vector<Placement>& placements, Cost total,
                const std::vector<Placement>& fixed);

}  // namespace turbodiff::sched
