// Good plans for many jobs, with a lower bound on the cost of any other plan.
#pragma once

#include <vector>

#include "plan/plan_problem.h"

namespace turbodiff::plan {

struct HeuristicResult {
  std::vector<Placement> placements;  ///< [task]
  Cost lower_bound = 0;               ///< of the objective of any plan that places the same tasks
};

/// Plans `movable` around the tasks that `fixed` places.
HeuristicResult plan_heuristically(const Problem& problem, const std::vector<int>& movable,
                                   const std::vector<Placement>& fixed);

}  // namespace turbodiff::plan
