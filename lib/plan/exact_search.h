// The best plan for a few jobs.
#pragma once

#include <optional>
#include <vector>

#include "plan/plan_problem.h"

namespace turbodiff::plan {

/// The optimum over all placements of `movable` around the tasks that `fixed` places ([task]), including
/// ties. Nothing when it would take too long or the numbers are too large.
std::optional<std::vector<Placement>> exact_search(const Problem& problem, const std::vector<int>& movable,
                                                   const std::vector<Placement>& fixed);

}  // namespace turbodiff::plan
