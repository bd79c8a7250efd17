#include "plan/workboard.h"

#include <algorithm>
#include <limits>

#include "plan/plan_result.h"

namespace turbodiff::plan {
namespace {

const Task& task_of(const Problem& problem, int task) {
  return problem.tasks[static_cast<std::size_t>(task)];
}

}  // namespace

/// Free time on a worker between two jobs.
struct Workboard::Gap {
  int worker;
  const Slot* previous;
  const Slot* next;
  const Slot* after_next;
  Time begin, end;
  Time length;  ///< of the task when put here
};

Workboard::Workboard(const Problem& problem, const std::vector<Placement>& fixed)
    : problem_(&problem),
      workers_(std::min<std::size_t>(static_cast<std::size_t>(problem.workers),
                                     std::max<std::size_t>(problem.tasks.size(), 1))),
      free_(workers_.size(), all_free(problem)),
      placements_(problem.tasks.size()),
      fixed_(problem.tasks.size()) {
  std::vector<int> order;
  for (std::size_t i = 0; i < fixed.size(); ++i)
    if (fixed[i].placed()) order.push_back(static_cast<int>(i));
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    return fixed[static_cast<std::size_t>(a)].start < fixed[static_cast<std::size_t>(b)].start;
  });
  for (const int task : order) {
    place(task, fixed[static_cast<std::size_t>(task)]);
    fixed_[static_cast<std::size_t>(task)] = true;
  }
}

std::size_t Workboard::position_of(const std::vector<Slot>& row, Time start) const {
  return static_cast<std::size_t>(
      std::lower_bound(row.begin(), row.end(), start,
                       [](const Slot& s, Time value) { return s.start < value; }) -
      row.begin());
}

Time Workboard::end_of(int task) const {
  const Placement& place = placements_[static_cast<std::size_t>(task)];
  const std::vector<Slot>& row = slots(place.worker);
  return row[position_of(row, place.start)].end;
}

std::optional<Span> Workboard::room_of(int task) const {
  const Task& own = task_of(*problem_, task);
  Span room{own.earliest, own.latest_end};
  for (const int before : own.after) {
    if (!is_placed(before)) return std::nullopt;
    room.begin = std::max(room.begin, end_of(before));
  }
  for (const int next : own.successors)
    if (is_placed(next)) room.end = std::min(room.end, placements_[static_cast<std::size_t>(next)].start);
  return room;
}

/// visit(gap) for every gap that may hold `task` and `more` seconds inside `room` and is in a wanted
/// free span, until it returns false for a worker.
template <typename Wanted, typename Visit>
void Workboard::visit_gaps(int task, const Span& room, Time more, Wanted&& wanted, Visit&& visit) const {
  const Time shortest = task_of(*problem_, task).seconds + more;
  for (int worker = 0; worker < static_cast<int>(workers_.size()); ++worker) {
    const std::vector<Slot>& row = slots(worker);
    const std::vector<FreeSpan>& free = free_[static_cast<std::size_t>(worker)];
    auto span = std::upper_bound(free.begin(), free.end(), room.begin,
                                 [](Time value, const FreeSpan& s) { return value < s.end; });
    for (; span != free.end() && span->begin < room.end; ++span) {
      if (!wanted(*span)) continue;
      Gap gap{};
      gap.begin = std::max(room.begin, span->begin);
      gap.end = std::min(room.end, span->end);
      if (gap.end - gap.begin < shortest) continue;
      ++looks_;
      const std::size_t next = position_of(row, span->begin);
      gap.worker = worker;
      gap.previous = next > 0 ? &row[next - 1] : nullptr;
      gap.next = next < row.size() ? &row[next] : nullptr;
      gap.after_next = next + 1 < row.size() ? &row[next + 1] : nullptr;
      gap.length = problem_->duration(task, gap.previous ? gap.previous->task : -1) + more;
      if (gap.end - gap.begin >= gap.length && !visit(gap)) break;
    }
  }
}

/// What the job in `slot` costs more when `previous` (-1: none) comes just before it; nothing when it then
/// has no place.
std::optional<Cost> Workboard::cost_behind(const Slot& slot, const Slot* next, int previous) const {
  const Time end = slot.start + problem_->duration(slot.task, previous);
  if (end == slot.end) return Cost{0};
  const Task& own = task_of(*problem_, slot.task);
  if (end > slot.end) {
    const Time limit = next ? next->start : problem_->horizon;
    if (end > limit || end > own.latest_end || !Problem::inside(problem_->windows_of(own), slot.start, end))
      return std::nullopt;
    for (const int successor : own.successors)
      if (is_placed(successor) && placements_[static_cast<std::size_t>(successor)].start < end)
        return std::nullopt;
  }
  return problem_->cost(slot.task, slot.start, end) - problem_->cost(slot.task, slot.start, slot.end);
}

/// The same for the job behind a gap when `task` comes into the gap.
std::optional<Cost> Workboard::cost_of_next(const Gap& gap, int task) const {
  return gap.next ? cost_behind(*gap.next, gap.after_next, task) : Cost{0};
}

/// Offers the starts in [low, high] at which the cost can be least: the ends, and where start or end meet a
/// price edge; not those within one step with a price from `limit` on.
void Workboard::offer_in(int task, const Gap& gap, Time low, Time high, Cost next_cost, double limit,
                         std::optional<Offer>& best) const {
  const auto consider = [&](Time start) {
    if (start < low || start > high) return;
    const Cost change = problem_->cost(task, start, start + gap.length) + next_cost;
    if (!best || change < best->change ||
        (change == best->change &&
         (start < best->place.start || (start == best->place.start && gap.worker < best->place.worker))))
      best = Offer{{gap.worker, start}, change};
  };
  consider(low);
  if (high == low) return;
  consider(high);
  const std::vector<Time>& edges = problem_->objective.edges();
  std::size_t step = problem_->objective.step_at(low);
  for (; step + 1 < edges.size() && edges[step] < high + gap.length; ++step) {
    if (gap.length <= edges[step + 1] - edges[step] &&
        static_cast<double>(problem_->objective.value(step)) >= limit)
      continue;
    consider(edges[step]);
    consider(edges[step + 1] - gap.length);
  }
}

std::optional<Offer> Workboard::cheapest(int task, std::optional<Cost> below) const {
  const auto room = room_of(task);
  return room ? cheapest_in(task, *room, 0, below) : std::nullopt;
}

bool Workboard::place_run(const std::vector<int>& tasks) {
  Span room{0, problem_->horizon};
  Time more = 0;
  for (const int task : tasks) {
    const auto own = room_of(task);
    if (!own) return false;
    room.begin = std::max(room.begin, own->begin);
    room.end = std::min(room.end, own->end);
    more += task_of(*problem_, task).seconds;
  }
  const auto offer =
      cheapest_in(tasks.front(), room, more - task_of(*problem_, tasks.front()).seconds, std::nullopt);
  if (!offer) return false;
  Placement next = offer->place;
  for (const int task : tasks) {
    place(task, next);
    next.start = end_of(task);
  }
  return true;
}

std::optional<Offer> Workboard::cheapest_in(int task, const Span& room, Time more,
                                            std::optional<Cost> below) const {
  std::optional<Offer> best;
  const Task& own = task_of(*problem_, task);
  const std::vector<Span>& windows = problem_->windows_of(own);
  // In a gap that nowhere has a price below this the task cannot be cheaper; about, for a group's task can
  // save the next one its setup.
  const double energy = static_cast<double>(own.milliwatts) * static_cast<double>(own.seconds + more);
  const double spared =
      own.group >= 0 ? 1 + static_cast<double>(own.setup) / static_cast<double>(own.seconds + more) : 1;
  double limit = std::numeric_limits<double>::infinity();
  const auto set_limit = [&](Cost change) {
    if (energy > 0) limit = static_cast<double>(change) / energy;
    limit *= limit > 0 ? spared : 1 / spared;
  };
  if (below) set_limit(*below);
  const auto wanted = [&](const FreeSpan& span) { return static_cast<double>(span.least) < limit; };
  visit_gaps(task, room, more, wanted, [&](const Gap& gap) {
    const auto next_cost = cost_of_next(gap, task);
    if (!next_cost) return true;
    auto window = std::upper_bound(windows.begin(), windows.end(), gap.begin,
                                   [](Time value, const Span& s) { return value < s.end; });
    for (; window != windows.end() && window->begin < gap.end; ++window) {
      const Time low = std::max(gap.begin, window->begin);
      const Time high = std::min(gap.end, window->end) - gap.length;
      if (low <= high) offer_in(task, gap, low, high, *next_cost, limit, best);
    }
    if (best) set_limit(best->change);
    return true;
  });
  if (best && below && best->change >= *below) return std::nullopt;
  return best;
}

std::optional<Offer> Workboard::earliest(int task, Time from) const {
  auto room = room_of(task);
  if (!room) return std::nullopt;
  room->begin = std::max(room->begin, from);
  std::optional<Offer> best;
  const std::vector<Span>& windows = problem_->windows_of(task_of(*problem_, task));
  const auto wanted = [&](const FreeSpan& span) { return !best || span.begin < best->place.start; };
  visit_gaps(task, *room, 0, wanted, [&](const Gap& gap) {
    if (best && gap.begin >= best->place.start) return false;
    const auto start = Problem::first_fit(windows, gap.begin, gap.length, gap.end);
    const auto next_cost = cost_of_next(gap, task);
    if (!start || !next_cost) return true;
    if (!best || *start < best->place.start)
      best = Offer{{gap.worker, *start}, problem_->cost(task, *start, *start + gap.length) + *next_cost};
    return false;
  });
  return best;
}

std::optional<Offer> Workboard::earliest_no_dearer(int task, Time reference, Time more) const {
  const auto room = room_of(task);
  if (!room) return std::nullopt;
  std::optional<Offer> best;
  const Task& own = task_of(*problem_, task);
  const auto cost_there = [&](Time length) {
    const Time start = std::max<Time>(0, std::min(reference, problem_->horizon - length));
    return problem_->cost(task, start, start + length);
  };
  // What a gap's lowest price makes it cost at least; a setup more or less does not turn that round.
  const Cost seconds = own.seconds + more,
             most = std::max(cost_there(own.seconds + more), cost_there(own.seconds + own.setup + more));
  const auto wanted = [&](const FreeSpan& span) {
    if (best && span.begin >= best->place.start) return false;
    const Cost least = static_cast<Cost>(span.least) * own.milliwatts;
    return least * (least > 0 ? seconds : seconds + own.setup) <= most;
  };
  visit_gaps(task, *room, more, wanted, [&](const Gap& gap) {
    const auto next_cost = cost_of_next(gap, task);
    if (!next_cost) return true;
    const auto start =
        problem_->first_start(task, gap.length, gap.begin, gap.end - gap.length, cost_there(gap.length));
    if (!start) return true;
    if (!best || *start < best->place.start)
      best = Offer{{gap.worker, *start}, problem_->cost(task, *start, *start + gap.length) + *next_cost};
    return false;
  });
  return best;
}

void Workboard::place(int task, Placement placement) {
  placements_[static_cast<std::size_t>(task)] = placement;
  std::vector<Slot>& row = workers_[static_cast<std::size_t>(placement.worker)];
  const std::size_t at = position_of(row, placement.start);
  const Time end = placement.start + problem_->duration(task, at > 0 ? row[at - 1].task : -1);
  row.insert(row.begin() + static_cast<std::ptrdiff_t>(at), {task, placement.start, end});
  total_ += problem_->cost(task, placement.start, end);
  if (at + 1 < row.size()) {
    Slot& next = row[at + 1];
    total_ -= problem_->cost(next.task, next.start, next.end);
    next.end = next.start + problem_->duration(next.task, task);
    total_ += problem_->cost(next.task, next.start, next.end);
  }
  refresh_free(free_[static_cast<std::size_t>(placement.worker)], row, at, *problem_);
}

bool Workboard::remove(const std::vector<int>& tasks) {
  const Placement first = placements_[static_cast<std::size_t>(tasks.front())];
  std::vector<Slot>& row = workers_[static_cast<std::size_t>(first.worker)];
  const std::size_t at = position_of(row, first.start), end = at + tasks.size();
  if (end < row.size()) {
    Slot& next = row[end];
    const int previous = at > 0 ? row[at - 1].task : -1;
    const auto change = cost_behind(next, end + 1 < row.size() ? &row[end + 1] : nullptr, previous);
    if (!change) return false;
    total_ += *change;
    next.end = next.start + problem_->duration(next.task, previous);
  }
  for (std::size_t k = at; k < end; ++k) {
    total_ -= problem_->cost(row[k].task, row[k].start, row[k].end);
    placements_[static_cast<std::size_t>(row[k].task)] = {};
  }
  row.erase(row.begin() + static_cast<std::ptrdiff_t>(at), row.begin() + static_cast<std::ptrdiff_t>(end));
  refresh_free(free_[static_cast<std::size_t>(first.worker)], row, at, *problem_);
  return true;
}

Workboard board_of(const Problem& problem, const std::vector<Placement>& placements,
                   const std::vector<Placement>& fixed) {
  Workboard board(problem, fixed);
  for (const auto& row : rows_of(problem, placements))
    for (const Slot& slot : row)
      if (!board.is_fixed(slot.task)) board.place(slot.task, placements[static_cast<std::size_t>(slot.task)]);
  return board;
}

}  // namespace turbodiff::plan
