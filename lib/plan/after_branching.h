// The exact optimum when jobs on different workers depend on each other.
#pragma once

#include <optional>
#include <vector>

#include "plan/worker_partition.h"

namespace turbodiff::plan {

/// Instants at which a job of the optimum can start.
///
/// Fix which jobs are on which worker in which order, and between which neighbouring edges of prices and
/// windows each start and each end lies. There the objective is linear and the constraints are of the form
/// start(j) - start(i) >= d(i) or bound a single start, so the unique optimum is a vertex: every start is
/// connected, through a chain of jobs of which each ends where the next one starts, to an instant at which
/// some job of the chain starts or ends at an edge, at an `earliest`, a deadline, or a fixed job. Along the
/// chain the duration of each job is added or subtracted at most once. This set contains all such sums.
class StartInstants {
 public:
  StartInstants(const SearchProblem& problem, const std::vector<Bounds>& bounds,
                const std::vector<Time>& edges);
  /// The first instant at or after `t`; `t` itself where the set would be too large to store.
  Time at_or_after(Time t) const;
  /// The last one before `t`, -1 when there is none.
  Time before(Time t) const;

 private:
  bool holds(Time t) const;

  Time offset_ = 0;
  Time horizon_ = 0;
  std::vector<std::uint64_t> bits_;  ///< empty: every second
};

/// The best plan that satisfies every `after`, by branching on an instant c for a job B that starts before
/// the end of its A: B starts at c or later; or A ends and B starts before c; or B is not placed. Nothing
/// when more than `node_limit` relaxed problems would have to be solved.
std::optional<SearchPlan> solve_with_after(const SearchProblem& problem, const std::vector<Bounds>& bounds,
                                           const std::vector<Time>& edges, int node_limit);

}  // namespace turbodiff::plan
