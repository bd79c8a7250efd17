// Which jobs are placed, and on which worker, when `after` between different workers is ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "plan/worker_orders.h"

namespace turbodiff::plan {

struct SearchProblem {
  std::vector<SearchJob> jobs;
  std::vector<unsigned> after;            ///< [job] bits of those it comes after, near and far
  std::vector<std::uint64_t> class_unit;  ///< [job] 1 in the digit of its priority class; 0 for a fixed job
  std::vector<WideInt> unplaced_value;    ///< [job] what not placing it adds to the objective
  std::vector<WideInt> worker_unit;       ///< [job] what each worker number adds
  int workers = 1;
  Time horizon = 0;
};

struct SearchPlan {
  std::uint64_t placed_classes = 0;  ///< digits: jobs placed by descending priority
  WideInt value;                     ///< cost, ends by priority, starts, workers in one
  unsigned placed = 0;
  std::vector<Placement> places;  ///< [job]
  std::vector<Time> ends;         ///< [job]

  bool better_than(const SearchPlan& other) const {
    return placed_classes != other.placed_classes ? placed_classes > other.placed_classes
                                                  : value < other.value;
  }
};

/// The best plan within `bounds` without the jobs in `banned`. It keeps the order of jobs on the same worker
/// and places a job only with all it depends on, but a job may start before the end of one on another worker:
/// so it is a bound, and the optimum if it happens to satisfy that as well. Nothing when the fixed jobs do
/// not fit.
std::optional<SearchPlan> solve_relaxed(const SearchProblem& problem, const std::vector<Bounds>& bounds,
                                        unsigned banned);

}  // namespace turbodiff::plan
