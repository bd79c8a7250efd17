// A request and a curve in the form that the search uses: seconds from `now`, indices, and sums.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace turbodiff::plan {

/// nano-price * milliwatt * second (or milligram for carbon): exact.
using Cost = __int128;
/// Seconds since `now`.
using Time = std::int64_t;

/// [begin, end)
struct Span {
  Time begin = 0;
  Time end = 0;
};

struct Task {
  Time seconds = 0;
  Time setup = 0;
  std::int64_t milliwatts = 0;
  Time earliest = 0;
  Time latest_end = 0;
  std::int64_t priority = 0;
  When when = When::cheapest;
  std::optional<Time> planned;  ///< start in an earlier plan
  int group = -1;               ///< -1: none
  std::vector<int> after;
  std::vector<int> successors;
  std::optional<std::string> blocked;  ///< why it can never be placed: an unknown or circular `after`
};

/// `value` when started at `first`, changing by `slope` a second up to and including `last`.
struct StartPiece {
  Time first = 0;
  Time last = 0;
  Cost value = 0;
  Cost slope = 0;
};

/// A step function over [0, horizon) and its integral.
class StepSum {
 public:
  void append(Time end, std::int64_t value);
  const std::vector<Time>& edges() const { return edges_; }  ///< 0, ..., the end
  std::int64_t value(std::size_t step) const { return values_[step]; }
  /// Called once all is appended: makes until() and least() O(1), until() only for a usual horizon.
  void index();
  /// Integral over [0, t); beyond the ends the values continue.
  Cost until(Time t) const {
    const auto second = static_cast<std::size_t>(t);
    return second < seconds_.size() ? Cost{seconds_[second]} : by_step(t);
  }
  /// The least value in [begin, end), not empty; index() has been called.
  std::int64_t least(Time begin, Time end) const;
  Cost between(Time begin, Time end) const { return until(end) - until(begin); }
  std::size_t step_at(Time t) const;  ///< the step that holds t; the last one at the end

 private:
  std::vector<Time> edges_ = {0};
  std::vector<std::int64_t> values_;
  std::vector<Cost> sums_ = {0};
  std::vector<std::int64_t> seconds_;             ///< integral over [0, t) by t; empty when it is too large
  std::vector<std::vector<std::int64_t>> least_;  ///< [level][step]: of 2^level steps from there on

  Cost by_step(Time t) const;
};

struct Problem {
  std::vector<Task> tasks;  ///< in input order
  Time horizon = 0;
  int workers = 1;
  StepSum objective;                         ///< the cost of a milliwatt-second
  std::array<std::vector<Span>, 3> windows;  ///< by When: maximal spans in which such a job may run

  const std::vector<Span>& windows_of(const Task& task) const {
    return windows[static_cast<std::size_t>(task.when)];
  }
  /// The time from start to end when `previous` (-1: none) runs just before on the worker.
  Time duration(int task, int previous) const;
  Cost cost(int task, Time start, Time end) const {
    return objective.between(start, end) * tasks[static_cast<std::size_t>(task)].milliwatts;
  }
  /// True when all of [start, end) is in one of the windows.
  static bool inside(const std::vector<Span>& spans, Time start, Time end);
  /// The first start at or after `from` so that [start, start + length) is in a window and ends by `until`.
  static std::optional<Time> first_fit(const std::vector<Span>& spans, Time from, Time length, Time until);
  /// The first start in [first, last] at which `task` may run for `length` and costs no more than `most`.
  std::optional<Time> first_start(int task, Time length, Time first, Time last, Cost most) const;
  /// All starts in [first, last] at which `task` may run for `length`, with their costs.
  std::vector<StartPiece> start_pieces(int task, Time length, Time first, Time last) const;
};

/// Error bad_request as make_plan says.
Problem make_problem(const PlanRequest& request, const tariff::PriceCurve& curve);

/// The place of a task; worker -1: not placed.
struct Placement {
  int worker = -1;
  Time start = 0;
  bool placed() const { return worker >= 0; }
};

}  // namespace turbodiff::plan
