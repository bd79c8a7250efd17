// Workers with the jobs that are already placed on them.
#pragma once

#include <optional>
#include <vector>

#include "plan/plan_problem.h"

namespace turbodiff::plan {

struct Slot {
  int task = -1;
  Time start = 0;
  Time end = 0;
};

/// Time without a job.
struct FreeSpan {
  Time begin = 0;
  Time end = 0;
  std::int64_t least = 0;  ///< the lowest objective in it
};

/// `free` is the time in the horizon that no job of `row` takes, without empty spans. Updates it around the
/// slot at `at` and the next one.
void refresh_free(std::vector<FreeSpan>& free, const std::vector<Slot>& row, std::size_t at,
                  const Problem& problem);

/// Free time of each worker without jobs.
std::vector<FreeSpan> all_free(const Problem& problem);

class Timeline {
 public:
  explicit Timeline(const Problem& problem);

  const std::vector<Slot>& slots(int worker) const { return workers_[static_cast<std::size_t>(worker)]; }
  const Placement& placement(int task) const { return placements_[static_cast<std::size_t>(task)]; }
  const std::vector<Placement>& placements() const { return placements_; }
  /// The end of a placed task.
  Time end(int task) const;

  /// The earliest second, on the lowest worker, at which `task` runs in `windows` from `from` on, ends by
  /// `until`, leaves every start unchanged and satisfies every constraint (a neighbour's setup may be added
  /// or removed).
  std::optional<Placement> earliest(int task, const std::vector<Span>& windows, Time from, Time until) const;
  void place(int task, Placement placement);

 private:
  bool next_still_fits(int worker, std::size_t position, int before) const;

  const Problem& problem_;
  std::vector<std::vector<Slot>> workers_;
  std::vector<std::vector<FreeSpan>> free_;  ///< by worker
  std::vector<Placement> placements_;
};

/// Places all `tasks` that can be placed, each after those it depends on, by priority, then input order, each
/// at its earliest feasible second. A task that depends on one that is not placed is not placed either.
/// `ignore_deadlines`: a task that cannot be placed otherwise may end late.
void place_earliest(Timeline& timeline, const Problem& problem, const std::vector<int>& tasks,
                    bool ignore_deadlines = false);

}  // namespace turbodiff::plan
