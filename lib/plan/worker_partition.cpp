#include "plan/worker_partition.h"

#include <memory>

namespace turbodiff::plan {
namespace {

/// Sum of unit[job] over the bits of every set.
std::vector<WideInt> sums_by_set(const std::vector<WideInt>& unit) {
  std::vector<WideInt> sums(std::size_t{1} << unit.size());
  for (unsigned set = 1; set < sums.size(); ++set) {
    const auto lowest = static_cast<unsigned>(__builtin_ctz(set));
    sums[set] = sums[set & (set - 1)] + unit[lowest];
  }
  return sums;
}

struct Choice {
  WideInt value = WideInt::largest();
  unsigned here = 0;  ///< the jobs on this worker
};

bool keeps_after(const SearchProblem& problem, unsigned set) {
  for (std::size_t j = 0; j < problem.jobs.size(); ++j)
    if ((set >> j & 1U) && (problem.after[j] & ~set)) return false;
  return true;
}

}  // namespace

std::optional<SearchPlan> solve_relaxed(const SearchProblem& problem, const std::vector<Bounds>& bounds,
                                        unsigned banned) {
  const std::size_t count = problem.jobs.size();
  const unsigned all = (1U << count) - 1;
  unsigned fixed = 0;
  std::vector<bool> has_fixed(static_cast<std::size_t>(problem.workers));
  for (std::size_t j = 0; j < count; ++j)
    if (problem.jobs[j].fixed_worker >= 0) {
      fixed |= 1U << j;
      has_fixed[static_cast<std::size_t>(problem.jobs[j].fixed_worker)] = true;
    }
  std::shared_ptr<const WorkerOrders> common;
  std::vector<std::shared_ptr<const WorkerOrders>> orders;
  for (int worker = 0; worker < problem.workers; ++worker) {
    const bool own = has_fixed[static_cast<std::size_t>(worker)];
    if (own || !common) {
      auto fresh =
          std::make_shared<const WorkerOrders>(problem.jobs, bounds, own ? worker : -1, problem.horizon);
      if (!own) common = fresh;
      orders.push_back(std::move(fresh));
    } else {
      orders.push_back(common);
    }
  }

  const std::vector<WideInt> worker_sums = sums_by_set(problem.worker_unit);
  const std::vector<WideInt> unplaced_sums = sums_by_set(problem.unplaced_value);
  const WideInt none = WideInt::largest();
  std::vector<std::vector<Choice>> best(orders.size(), std::vector<Choice>(all + 1));
  for (std::size_t worker = 0; worker < orders.size(); ++worker) {
    for (unsigned set = 0; set <= all; ++set) {
      if (set & banned) continue;
      Choice& choice = best[worker][set];
      for (unsigned here = set;; here = (here - 1) & set) {
        if ((worker > 0 || here == set) && !(orders[worker]->best(here) == none)) {
          WideInt value = orders[worker]->best(here) + worker_sums[here] * worker;
          const bool possible = worker == 0 || !(best[worker - 1][set & ~here].value == none);
          if (possible && worker > 0) value = value + best[worker - 1][set & ~here].value;
          if (possible && value < choice.value) choice = {value, here};
        }
        if (here == 0) break;
      }
    }
  }

  std::optional<SearchPlan> result;
  for (unsigned set = 0; set <= all; ++set) {
    const Choice& choice = best.back()[set];
    if (choice.value == none || (set & fixed) != fixed || !keeps_after(problem, set)) continue;
    SearchPlan plan;
    for (std::size_t j = 0; j < count; ++j)
      if (set >> j & 1U) plan.placed_classes += problem.class_unit[j];
    plan.value = choice.value + unplaced_sums[all & ~set];
    plan.placed = set;
    if (!result || plan.better_than(*result)) result = std::move(plan);
  }
  if (!result) return std::nullopt;
  result->places.resize(count);
  result->ends.resize(count);
  unsigned rest = result->placed;
  for (std::size_t worker = orders.size(); worker-- > 0;) {
    const unsigned here = best[worker][rest].here;
    for (const SearchPlace& place : orders[worker]->schedule(here)) {
      result->places[static_cast<std::size_t>(place.job)] = {static_cast<int>(worker), place.start};
      result->ends[static_cast<std::size_t>(place.job)] = place.end;
    }
    rest &= ~here;
  }
  return result;
}

}  // namespace turbodiff::plan
