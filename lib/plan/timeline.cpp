#include "plan/timeline.h"

#include <algorithm>
#include <set>

namespace turbodiff::plan {

void refresh_free(std::vector<FreeSpan>& free, const std::vector<Slot>& row, std::size_t at,
                  const Problem& problem) {
  const Time low = at > 0 ? row[at - 1].end : 0;
  const std::size_t last = std::min(row.size(), at + 2);  // the first slot that nothing has happened to
  const Time high = last < row.size() ? row[last].start : problem.horizon;
  std::vector<FreeSpan> fresh;
  Time reached = low;
  for (std::size_t i = at; i <= last; ++i) {
    const Time start = i < last ? row[i].start : high;
    if (reached < start) fresh.push_back({reached, start, problem.objective.least(reached, start)});
    if (i < last) reached = std::max(reached, row[i].end);
  }
  const auto first = std::lower_bound(free.begin(), free.end(), low,
                                      [](const FreeSpan& s, Time value) { return s.begin < value; });
  const auto end = std::lower_bound(first, free.end(), high,
                                    [](const FreeSpan& s, Time value) { return s.begin < value; });
  const auto hole = free.erase(first, end);
  free.insert(hole, fresh.begin(), fresh.end());
}

std::vector<FreeSpan> all_free(const Problem& problem) {
  if (problem.horizon == 0) return {};
  return {{0, problem.horizon, problem.objective.least(0, problem.horizon)}};
}

Timeline::Timeline(const Problem& problem)
    : problem_(problem),
      workers_(std::min<std::size_t>(static_cast<std::size_t>(problem.workers),
                                     std::max<std::size_t>(problem.tasks.size(), 1))),
      free_(workers_.size(), all_free(problem)),
      placements_(problem.tasks.size()) {}

Time Timeline::end(int task) const {
  const Placement& place = placement(task);
  const std::vector<Slot>& row = slots(place.worker);
  const auto slot = std::lower_bound(row.begin(), row.end(), place.start,
                                     [](const Slot& s, Time start) { return s.start < start; });
  return slot->end;
}

bool Timeline::next_still_fits(int worker, std::size_t position, int before) const {
  const std::vector<Slot>& row = slots(worker);
  if (position >= row.size()) return true;
  const Slot& slot = row[position];
  const Time end = slot.start + problem_.duration(slot.task, before);
  if (end <= slot.end) return true;
  const Task& task = problem_.tasks[static_cast<std::size_t>(slot.task)];
  const Time limit = position + 1 < row.size() ? row[position + 1].start : problem_.horizon;
  if (end > limit || end > task.latest_end || !Problem::inside(problem_.windows_of(task), slot.start, end))
    return false;
  return std::all_of(task.successors.begin(), task.successors.end(),
                     [&](int next) { return !placement(next).placed() || placement(next).start >= end; });
}

std::optional<Placement> Timeline::earliest(int task, const std::vector<Span>& windows, Time from,
                                            Time until) const {
  std::optional<Placement> best;
  for (int worker = 0; worker < static_cast<int>(workers_.size()); ++worker) {
    const std::vector<Slot>& row = slots(worker);
    const std::vector<FreeSpan>& free = free_[static_cast<std::size_t>(worker)];
    auto span = std::upper_bound(free.begin(), free.end(), from,
                                 [](Time value, const FreeSpan& s) { return value < s.end; });
    for (; span != free.end() && span->begin < until; ++span) {
      const Time low = std::max(from, span->begin), high = std::min(until, span->end);
      if (best && low >= best->start) break;
      if (high - low < problem_.tasks[static_cast<std::size_t>(task)].seconds) continue;
      const auto next = std::lower_bound(row.begin(), row.end(), span->begin,
                                         [](const Slot& s, Time time) { return s.start < time; });
      const auto position = static_cast<std::size_t>(next - row.begin());
      const Time length = problem_.duration(task, position > 0 ? row[position - 1].task : -1);
      const auto start = Problem::first_fit(windows, low, length, high);
      if (!start || !next_still_fits(worker, position, task)) continue;
      if (!best || *start < best->start) best = Placement{worker, *start};
      break;
    }
  }
  return best;
}

void Timeline::place(int task, Placement placement) {
  placements_[static_cast<std::size_t>(task)] = placement;
  std::vector<Slot>& row = workers_[static_cast<std::size_t>(placement.worker)];
  const auto at = std::lower_bound(row.begin(), row.end(), placement.start,
                                   [](const Slot& s, Time start) { return s.start < start; });
  const auto position = static_cast<std::size_t>(at - row.begin());
  const int previous = at == row.begin() ? -1 : std::prev(at)->task;
  const auto own =
      row.insert(at, {task, placement.start, placement.start + problem_.duration(task, previous)});
  if (const auto next = std::next(own); next != row.end())
    next->end = next->start + problem_.duration(next->task, task);
  refresh_free(free_[static_cast<std::size_t>(placement.worker)], row, position, problem_);
}

void place_earliest(Timeline& timeline, const Problem& problem, const std::vector<int>& tasks,
                    bool ignore_deadlines) {
  const auto& all = problem.tasks;
  const auto order = [&](int a, int b) {
    const auto priority = [&](int i) { return all[static_cast<std::size_t>(i)].priority; };
    return priority(a) != priority(b) ? priority(a) > priority(b) : a < b;
  };
  std::vector<int> open(all.size());
  std::vector<bool> asked(all.size());
  for (int task : tasks) asked[static_cast<std::size_t>(task)] = true;
  std::set<int, decltype(order)> ready(order);
  for (int task : tasks) {
    for (int before : all[static_cast<std::size_t>(task)].after)
      if (!timeline.placement(before).placed()) ++open[static_cast<std::size_t>(task)];
    if (open[static_cast<std::size_t>(task)] == 0) ready.insert(task);
  }
  while (!ready.empty()) {
    const int task = *ready.begin();
    ready.erase(ready.begin());
    const Task& own = all[static_cast<std::size_t>(task)];
    Time from = own.earliest;
    for (int before : own.after) from = std::max(from, timeline.end(before));
    const auto& windows = problem.windows[static_cast<std::size_t>(When::now)];
    auto place = timeline.earliest(task, windows, from, own.latest_end);
    if (!place && ignore_deadlines) place = timeline.earliest(task, windows, from, problem.horizon);
    if (!place) continue;
    timeline.place(task, *place);
    for (int next : own.successors)
      if (asked[static_cast<std::size_t>(next)] && --open[static_cast<std::size_t>(next)] == 0)
        ready.insert(next);
  }
}

}  // namespace turbodiff::plan
