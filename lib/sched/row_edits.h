// Workers with jobs in rows, and changes of a row that move the jobs behind them along.
//
// Where a Workboard leaves every other start as it is, here jobs are taken out of a row and put in between
// others, and those behind make room. A change is tried first, with its exact cost, and then made or not.
#pragma once

#include <cstdint>
#include <vector>

#include "sched/plan_problem.h"
#include "sched/timeline.h"

namespace turbodiff::sched {

/// `removed` jobs from position `at` on give way to `inserted`, which start where the first of them did or,
/// when none is removed, at the end of the job before.
struct RowEdit {
  int worker = 0;
  std::size_t at = 0;
  std::size_t removed = 0;
  std::vector<int> inserted;
};

class RowEdits {
 public:
  RowEdits(const Problem& problem, const std::vector<Placement>& placements,
           const std::vector<Placement>& fixed);

  int workers() const { return static_cast<int>(rows_.size()); }
  const std::vector<Slot>& row(int worker) const { return rows_[static_cast<std::size_t>(worker)]; }
  std::size_t position(int task) const;
  const Placement& place(int task) const { return places_[static_cast<std::size_t>(task)]; }
  const std::vector<Placement>& placements() const { return places_; }
  bool is_fixed(int task) const { return fixed_[static_cast<std::size_t>(task)]; }

  /// Tries the edits, which are in order of worker and position and do not overlap, and makes them when the
  /// total cost falls. The jobs behind an edit go later as far as they must; between two edits of one row
  /// that are near each other they may go earlier.
  bool improve(const std::vector<RowEdit>& edits);

  /// Moves the idle time before position `at` of a row to where it costs least within the jobs around it,
  /// and to the end of them rather than stay when that costs the same. Returns whether anything moved.
  bool move_gap(int worker, std::size_t at);

  /// Job moves tried so far: what the work is measured in.
  std::int64_t work() const { return work_; }
  /// What all changes made have saved.
  Cost gained() const { return gained_; }

 private:
  /// Slots [begin, end) of a row become those of moved_[first, last).
  struct Change {
    int worker;
    std::size_t begin, end;
    std::size_t first, last;
  };

  bool simulate(const RowEdit& edit, const RowEdit* next);
  bool append(int task, Time start, Time end);
  bool may_run(int task, Time start, Time end) const;
  bool keeps_after(int task) const;
  bool order_is_kept() const;
  void apply();
  Cost cost(const Slot& slot) const { return problem_.cost(slot.task, slot.start, slot.end); }

  const Problem& problem_;
  const std::vector<Task>& tasks_;
  std::vector<std::vector<Slot>> rows_;
  std::vector<Placement> places_;
  std::vector<Time> ends_;  ///< by task
  std::vector<bool> fixed_;
  std::int64_t work_ = 0;
  Cost gained_ = 0;

  // What is being tried.
  std::vector<Slot> moved_;
  std::vector<Change> changes_;
  Cost delta_ = 0;
};

}  // namespace turbodiff::sched
