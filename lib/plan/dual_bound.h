// How much less any other plan of the same jobs could cost: a Lagrangian bound.
//
// Each price step k (long ones in parts) gets a charge lambda_k >= 0 for a worker's second in it. Then for
// every plan
//   cost >= sum over jobs of min over starts (cost + charges)
//           - workers * sum over steps of lambda_k * length_k,
// since a plan uses each worker's second once at most. For a job that is no longer than a usual step the
// minimum is taken as if all of it lay in one of the steps that it can touch, which is never more. The
// charges start from what they are when every job may run everywhere, and go on by subgradient steps that
// keep a part of the last direction; the bound itself is summed in integers, so it holds exactly.
// (Geoffrion, Lagrangean relaxation for integer programming, 1974; step lengths after Polyak; directions
// after Camerini, Fratta and Maffioli, 1975.)
#pragma once

#include <vector>

#include "plan/plan_problem.h"

namespace turbodiff::plan {

/// Of the objective of every plan that places exactly the tasks that `placements` places and keeps the
/// `fixed` ones where they are. `total` is the objective of `placements`.
Cost dual_bound(const Problem& problem, const std::vector<Placement>& placements, Cost total,
                const std::vector<Placement>& fixed);

}  // namespace turbodiff::plan
