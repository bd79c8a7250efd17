// A lower bound on the objective of every plan that places certain tasks.
#pragma once

#include "plan/plan.h"
#include "plan/plan_problem.h"

namespace turbodiff::plan {

/// Writes `bound` into the plan, limited to its own objective.
void set_lower_bound(Plan& plan, Cost bound);

}  // namespace turbodiff::plan
