// The best schedule of every set of jobs on one worker.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "plan/price_curves.h"

namespace turbodiff::plan {

/// A job of the exact search. Indices are into the search's own list of at most max_exact_jobs jobs.
struct SearchJob {
  int task = 0;
  Time cold = 0;  ///< duration with setup
  Time warm = 0;  ///< duration after a job of its group
  int group = -1;
  int fixed_worker = -1;  ///< of a `now` job
  Time fixed_start = 0;
  unsigned successors = 0;              ///< bits of those that come after it, near and far
  std::vector<ValuePiece> cold_starts;  ///< the whole objective of starting then
  std::vector<ValuePiece> warm_starts;
};

/// The time bounds that a node of the search sets for a job.
struct Bounds {
  Time earliest = 0;
  Time latest_end = 0;
};

struct SearchPlace {
  int job = 0;
  Time start = 0;
  Time end = 0;
};

/// For a set of jobs S and its last job l let F(S, l, t) be the least objective of S run one after the other
/// on this worker, l last, ended by t. With d the duration of j after l and c its objective as a function of
/// its start,
///     F(S + j, j, t) = min over l, e <= t of F(S, l, e - d) + c(e - d).
/// c is piecewise linear and F(S, l, .) is carried as such, so no grid of start times is assumed: the result
/// is the optimum over all whole seconds. Since the objective includes every tie-break, the optimum is
/// unique.
class WorkerOrders {
 public:
  /// `worker`: the one whose fixed jobs take part; -1: a worker without any.
  WorkerOrders(const std::vector<SearchJob>& jobs, const std::vector<Bounds>& bounds, int worker,
               Time horizon);

  /// The least objective of the set; WideInt::largest() when it has no schedule. Sets that lack one of the
  /// worker's fixed jobs have none.
  const WideInt& best(unsigned set) const { return best_[set]; }
  /// The schedule that attains it, in order of time.
  std::vector<SearchPlace> schedule(unsigned set) const;

 private:
  struct Before {
    BestByTime warm;
    BestByTime cold;
  };

  const BestByTime& ended(unsigned set, int last) const {
    return ended_[set * jobs_.size() + static_cast<std::size_t>(last)];
  }
  Before before(unsigned set, int group) const;
  void add(unsigned set, int job, const Before& before);
  Time last_start(unsigned set, int job, Time length) const;
  std::optional<WideInt> start_value(int job, bool warm, Time start) const;

  const std::vector<SearchJob>& jobs_;
  const std::vector<Bounds>& bounds_;
  int worker_;
  Time horizon_;
  unsigned fixed_here_ = 0;
  std::vector<BestByTime> ended_;  ///< [set, last]
  std::vector<WideInt> best_;      ///< [set]
};

}  // namespace turbodiff::plan
