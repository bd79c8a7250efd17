// Decides when each job runs: the cheapest plan that satisfies every constraint.
//
// Jobs are not preempted and start on whole seconds. `now` jobs come first, by priority and input order, each
// at its earliest feasible second on the lowest worker; their start and worker are then fixed. The others are
// chosen so that, in this order of importance: the most jobs of the highest priority are placed, then of the
// next one, and so on; the total cost is least; the sum of end times is least for the jobs of the highest
// priority, then of the next one, and so on; the starts in input order are earliest (a job that is not placed
// counts as the latest); the workers in input order are lowest. So at equal prices a higher priority runs
// first.
// A job's setup is spent unless the job just before it on its worker has the same group; this goes for `now`
// jobs as well when another job comes to stand before them.
//
// Up to max_exact_jobs jobs the result is the best there is (Plan::exact). Beyond, and in the rare small case
// in which the search limit is met, it is a good plan with a valid lower bound, in which no two neighbours
// and no idle time are left that a better order at the same cost would do without. The order of an earlier
// plan (PlanJob::planned) stays, closed up and with higher priorities before lower ones, unless another one
// saves more than 2 %. Neither reads a clock: the same input gives the same plan, byte for byte.
#pragma once

#include "plan/plan.h"
#include "tariff/price_curve.h"

namespace turbodiff::plan {

constexpr std::size_t max_exact_jobs = 8;

/// Error bad_request for a request that makes no sense: two jobs of one id, seconds below 1, negative watts,
/// workers below 1, an objective that the curve has no data for.
/// Where `curve` has no segment or no price, no job runs.
Plan make_plan(const PlanRequest& request, const tariff::PriceCurve& curve);

}  // namespace turbodiff::plan
