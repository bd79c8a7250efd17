// Local search on a plan that others have made: jobs of a group come together, jobs trade places, idle time
// goes where it is dear.
#pragma once

#include <vector>

#include "sched/plan_problem.h"

namespace turbodiff::sched {

/// A plan of the same jobs that costs no more. `fixed` jobs keep their starts. What is done, about in single
/// moves tried, is taken from `budget`; nothing more is begun when that is spent.
std::vector<Placement> rearrange(const Problem& problem, const std::vector<Placement>& placements,
                                 const std::vector<Placement>& fixed, std::int64_t& budget);

}  // namespace turbodiff::sched
