// Local search on an existing plan: jobs of a group are brought together, jobs are exchanged, idle time is
// moved to where prices are high.
#pragma once

#include <vector>

#include "plan/plan_problem.h"

namespace turbodiff::plan {

/// A plan of the same jobs that costs no more. `fixed` jobs keep their starts. The work, counted roughly in
/// moves of single jobs, is subtracted from `budget`; nothing is begun when the budget is spent.
std::vector<Placement> rearrange(const Problem& problem, const std::vector<Placement>& placements,
                                 const std::vector<Placement>& fixed, std::int64_t& budget);

}  // namespace turbodiff::plan
