#include "plan/planner.h"

#include <algorithm>

#include "plan/exact_search.h"
#include "plan/heuristic.h"
#include "plan/lower_bound.h"
#include "plan/plan_problem.h"
#include "plan/plan_result.h"
#include "plan/timeline.h"
#include "plan/unplaced_reason.h"

namespace turbodiff::plan {
namespace {

/// The `now` jobs that can be placed before all others. One that comes after a job of another kind is planned
/// with those, for it cannot start before they do.
std::vector<int> now_jobs(const Problem& problem) {
  std::vector<bool> first(problem.tasks.size());
  for (std::size_t i = 0; i < first.size(); ++i)
    first[i] = problem.tasks[i].when == When::now && !problem.tasks[i].blocked;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < first.size(); ++i)
      for (int before : problem.tasks[i].after)
        if (first[i] && !first[static_cast<std::size_t>(before)]) {
          first[i] = false;
          changed = true;
        }
  }
  std::vector<int> tasks;
  for (std::size_t i = 0; i < first.size(); ++i)
    if (first[i]) tasks.push_back(static_cast<int>(i));
  return tasks;
}

bool has_a_start(const Problem& problem, int index) {
  const Task& task = problem.tasks[static_cast<std::size_t>(index)];
  const Time shortest = task.seconds + (task.group >= 0 ? 0 : task.setup);
  return Problem::first_fit(problem.windows_of(task), task.earliest, shortest, task.latest_end).has_value();
}

/// The jobs that the search decides: all that are neither placed first nor impossible to place.
std::vector<int> movable_jobs(const Problem& problem, const std::vector<int>& first,
                              const std::vector<Placement>& fixed) {
  std::vector<bool> hopeless(problem.tasks.size());
  std::vector<int> pending;
  for (std::size_t i = 0; i < hopeless.size(); ++i) {
    const bool tried = std::binary_search(first.begin(), first.end(), static_cast<int>(i));
    hopeless[i] = problem.tasks[i].blocked || (tried && !fixed[i].placed()) ||
                  (!tried && !has_a_start(problem, static_cast<int>(i)));
    if (hopeless[i]) pending.push_back(static_cast<int>(i));
  }
  while (!pending.empty()) {
    const int task = pending.back();
    pending.pop_back();
    for (int next : problem.tasks[static_cast<std::size_t>(task)].successors)
      if (!hopeless[static_cast<std::size_t>(next)]) {
        hopeless[static_cast<std::size_t>(next)] = true;
        pending.push_back(next);
      }
  }
  std::vector<int> movable;
  for (std::size_t i = 0; i < hopeless.size(); ++i)
    if (!hopeless[i] && !fixed[i].placed()) movable.push_back(static_cast<int>(i));
  return movable;
}

}  // namespace

Plan make_plan(const PlanRequest& request, const tariff::PriceCurve& curve) {
  const Problem problem = make_problem(request, curve);
  Timeline timeline(problem);
  const std::vector<int> first = now_jobs(problem);
  place_earliest(timeline, problem, first);
  const std::vector<Placement>& fixed = timeline.placements();
  const std::vector<int> movable = movable_jobs(problem, first, fixed);
  const auto fixed_count =
      std::count_if(fixed.begin(), fixed.end(), [](const Placement& p) { return p.placed(); });

  std::optional<std::vector<Placement>> placements;
  if (movable.empty() || movable.size() + static_cast<std::size_t>(fixed_count) <= max_exact_jobs)
    placements = exact_search(problem, movable, fixed);
  const bool exact = placements.has_value();
  Cost bound = 0;
  if (!exact) {
    HeuristicResult result = plan_heuristically(problem, movable, fixed);
    bound = result.lower_bound;
    placements = std::move(result.placements);
  }

  Plan plan = make_result(request, curve, problem, *placements);
  plan.exact = exact;
  if (!exact) set_lower_bound(plan, bound);
  for (std::size_t i = 0; i < problem.tasks.size(); ++i)
    if (!(*placements)[i].placed())
      plan.unplaced.push_back({i, request.jobs[i].id,
                               unplaced_reason(request, problem, *placements, static_cast<int>(i)),
                               is_late(request, problem, static_cast<int>(i)), request.jobs[i].deadline});
  return plan;
}

}  // namespace turbodiff::plan
