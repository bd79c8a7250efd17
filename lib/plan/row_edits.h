// Workers with jobs in rows, and edits of a row that move the jobs behind them.
//
// A Workboard leaves every other start unchanged; here jobs are removed from a row and inserted between
// others, and those behind make room. An edit is evaluated first, with its exact cost, and then applied or
// not.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/plan_problem.h"
#include "plan/timeline.h"

namespace turbodiff::plan {

/// `removed` jobs from position `at` on are replaced by `inserted`, which start where the first of them did
/// or, when none is removed, at the end of the job before.
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

  /// Evaluates the edits, which are in order of worker and position and do not overlap, and applies them when
  /// the total cost falls. The jobs behind an edit move later as far as necessary; between two edits of one
  /// row that are near each other they may move earlier.
  bool improve(const std::vector<RowEdit>& edits);

  /// Moves the idle time before position `at` of a row to where it costs least among the jobs around it, and
  /// to their end when that costs the same as staying. Returns whether anything moved.
  bool move_gap(int worker, std::size_t at);

  /// Number of job moves evaluated so far: the measure of work.
  std::int64_t work() const { return work_; }
  /// The savings of all edits applied.
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

  // The edit being evaluated.
  std::vector<Slot> moved_;
  std::vector<Change> changes_;
  Cost delta_ = 0;
};

}  // namespace turbodiff::plan
