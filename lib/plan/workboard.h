// Workers with jobs that can still be moved: the data structure of the heuristic.
#pragma once

#include <optional>
#include <vector>

#include "plan/plan_problem.h"
#include "plan/timeline.h"

namespace turbodiff::plan {

/// A place and the change of the whole plan's objective.
struct Offer {
  Placement place;
  Cost change = 0;
};

class Workboard {
 public:
  Workboard(const Problem& problem, const std::vector<Placement>& fixed);

  const Problem& problem() const { return *problem_; }
  const std::vector<Placement>& placements() const { return placements_; }
  const std::vector<Slot>& slots(int worker) const { return workers_[static_cast<std::size_t>(worker)]; }
  bool is_fixed(int task) const { return fixed_[static_cast<std::size_t>(task)]; }
  bool is_placed(int task) const { return placements_[static_cast<std::size_t>(task)].placed(); }
  Time end_of(int task) const;
  Cost total() const { return total_; }

  /// The earliest start and the latest end that neighbours in the order of `after` allow. Nothing when a task
  /// that it depends on is not placed.
  std::optional<Span> room_of(int task) const;

  /// Places `tasks` of one group one after another where that is cheapest, as one run within the bounds of
  /// all of them. Returns whether there was such a place.
  bool place_run(const std::vector<int>& tasks);

  /// The place of least cost that leaves the starts of all others unchanged; of equal ones the earliest, then
  /// the lowest worker. Nothing where there is none; with `below`, nothing that does not cost less.
  std::optional<Offer> cheapest(int task, std::optional<Cost> below = std::nullopt) const;
  /// The place with the earliest start at or after `from`.
  std::optional<Offer> earliest(int task, Time from = 0) const;
  /// The place with the earliest start at which `task`, and `more` seconds after it, cost no more than at
  /// `reference`.
  std::optional<Offer> earliest_no_dearer(int task, Time reference, Time more = 0) const;

  void place(int task, Placement placement);
  /// Removes `tasks`, which follow each other on one worker. False, and nothing is changed, when the job
  /// behind them then has no place: it may need its setup again.
  bool remove(const std::vector<int>& tasks);

  /// Number of gaps examined so far: the measure of work.
  std::int64_t looks() const { return looks_; }

 private:
  struct Gap;
  template <typename Wanted, typename Visit>
  void visit_gaps(int task, const Span& room, Time more, Wanted&& wanted, Visit&& visit) const;
  std::optional<Offer> cheapest_in(int task, const Span& room, Time more, std::optional<Cost> below) const;
  std::optional<Cost> cost_of_next(const Gap& gap, int task) const;
  std::optional<Cost> cost_behind(const Slot& slot, const Slot* next, int previous) const;
  void offer_in(int task, const Gap& gap, Time low, Time high, Cost next_cost, double limit,
                std::optional<Offer>& best) const;
  std::size_t position_of(const std::vector<Slot>& row, Time start) const;

  const Problem* problem_;
  std::vector<std::vector<Slot>> workers_;
  std::vector<std::vector<FreeSpan>> free_;  ///< by worker
  std::vector<Placement> placements_;
  std::vector<bool> fixed_;
  Cost total_ = 0;
  mutable std::int64_t looks_ = 0;
};

/// A board with all that `placements` places; those that `fixed` places as well stay where they are.
Workboard board_of(const Problem& problem, const std::vector<Placement>& placements,
                   const std::vector<Placement>& fixed);

}  // namespace turbodiff::plan
