#include "plan/settle_order.h"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

#include "plan/plan_result.h"

namespace turbodiff::plan {
namespace {

constexpr std::int64_t most_settling_rounds = 40;
constexpr std::int64_t work_to_pull = 40;  ///< for each job
/// Jobs laid out anew while changes of order are tried, so that the work is bounded without a clock.
constexpr std::int64_t least_work = 400'000, most_work_a_job = 300;

/// Jobs of one group in a row, or a single job.
struct Item {
  std::vector<int> tasks;
  Time start = 0, length = 0;
  std::vector<std::pair<std::int64_t, Time>> counts;  ///< of jobs by priority, the highest first
  int first = 0;                                      ///< the lowest index
};

/// Whether `a` is to come before `b` where both cost the same: an exchange of neighbours lowers the sum of
/// ends of the highest priority when that has more jobs in a second of `a` than of `b` (Smith, 1956), and so
/// on down. Equal ones in input order.
bool is_first(const Item& a, const Item& b) {
  std::size_t i = 0, j = 0;
  while (i < a.counts.size() || j < b.counts.size()) {
    const bool has_a =
        i < a.counts.size() && (j == b.counts.size() || a.counts[i].first >= b.counts[j].first);
    const bool has_b =
        j < b.counts.size() && (i == a.counts.size() || b.counts[j].first >= a.counts[i].first);
    if (has_a != has_b) return has_a;
    const Time x = a.counts[i++].second * b.length, y = b.counts[j++].second * a.length;
    if (x != y) return x > y;
  }
  return a.first < b.first;
}

/// The jobs of slots [begin, end) as items; fixed jobs are items of their own.
std::vector<Item> items_of(const Problem& problem, const std::vector<Placement>& fixed,
                           const std::vector<Slot>& row, std::size_t begin, std::size_t end) {
  const auto task = [&](std::size_t k) -> const Task& {
    return problem.tasks[static_cast<std::size_t>(row[k].task)];
  };
  const auto is_fixed = [&](std::size_t k) { return fixed[static_cast<std::size_t>(row[k].task)].placed(); };
  std::vector<Item> items;
  for (std::size_t k = begin; k < end;) {
    Item item;
    item.start = row[k].start;
    item.first = row[k].task;
    std::map<std::int64_t, Time, std::greater<>> counts;
    const std::size_t from = k;
    do {
      item.tasks.push_back(row[k].task);
      item.first = std::min(item.first, row[k].task);
      ++counts[task(k).priority];
      ++k;
    } while (k < end && row[k].start == row[k - 1].end && task(k).group >= 0 && task(k).setup > 0 &&
             task(k).group == task(from).group && !is_fixed(k) && !is_fixed(from));
    item.length = row[k - 1].end - item.start;
    item.counts.assign(counts.begin(), counts.end());
    items.push_back(std::move(item));
  }
  return items;
}

class Settler {
 public:
  Settler(const Problem& problem, const std::vector<Placement>& placements,
          const std::vector<Placement>& fixed, Settle settle, std::int64_t& work_left)
      : problem_(problem),
        settle_(settle),
        fixed_(fixed),
        places_(placements),
        rows_(rows_of(problem, placements)),
        ends_(placements.size()),
        work_left_(work_left) {
    for (const auto& row : rows_)
      for (const Slot& slot : row) ends_[at(slot.task)] = slot.end;
    edges_ = problem.objective.edges();
    for (const auto& spans : problem.windows)
      for (const Span& span : spans) {
        edges_.push_back(span.begin);
        edges_.push_back(span.end);
      }
    std::sort(edges_.begin(), edges_.end());
    edges_.erase(std::unique(edges_.begin(), edges_.end()), edges_.end());
  }

  /// Returns whether anything has changed.
  bool run() {
    bool changed = false;
    for (std::size_t worker = 0; worker < rows_.size(); ++worker) {
      changed = sort_stretches(worker) || changed;
      changed = exchange_neighbours(worker) || changed;
      changed = exchange_runs(worker) || changed;
    }
    return changed;
  }
  const std::vector<Placement>& placements() const { return places_; }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  const Task& task(int i) const { return problem_.tasks[at(i)]; }
  bool is_fixed(int i) const { return fixed_[at(i)].placed(); }

  std::size_t step_of(Time t) const {
    return static_cast<std::size_t>(std::upper_bound(edges_.begin(), edges_.end(), t) - edges_.begin());
  }

  /// By priority; then, where all may change, the short ones, then in input order.
  bool job_is_first(int a, int b) const {
    const Task &x = task(a), &y = task(b);
    if (x.priority != y.priority) return x.priority > y.priority;
    if (settle_ == Settle::priorities) return false;
    return x.seconds != y.seconds ? x.seconds < y.seconds : a < b;
  }
  bool item_is_first(const Item& a, const Item& b) const {
    if (settle_ == Settle::priorities) return a.counts.front().first > b.counts.front().first;
    return is_first(a, b);
  }

  /// Jobs that follow each other within one step of prices and windows come into the best order.
  bool sort_stretches(std::size_t worker) {
    bool changed = false;
    for (std::size_t begin = 0; begin < rows_[worker].size();) {
      const std::vector<Slot>& row = rows_[worker];
      const std::size_t step = step_of(row[begin].start);
      std::size_t end = begin;
      while (end < row.size() && !is_fixed(row[end].task) && step_of(row[end].end - 1) == step &&
             (end == begin || row[end].start == row[end - 1].end))
        ++end;
      if (end - begin > 1) {
        std::vector<Item> items = items_of(problem_, fixed_, row, begin, end);
        for (Item& item : items)
          std::stable_sort(item.tasks.begin(), item.tasks.end(),
                           [&](int a, int b) { return job_is_first(a, b); });
        std::stable_sort(items.begin(), items.end(),
                         [&](const Item& a, const Item& b) { return item_is_first(a, b); });
        std::vector<int> order;
        for (const Item& item : items) order.insert(order.end(), item.tasks.begin(), item.tasks.end());
        changed = try_order(worker, begin, end, order) || changed;
      }
      begin = std::max(end, begin + 1);
    }
    return changed;
  }

  bool exchange_neighbours(std::size_t worker) {
    bool changed = false;
    for (std::size_t k = 1; k < rows_[worker].size(); ++k)
      for (std::size_t j = k; j > 0; --j) {
        const int before = rows_[worker][j - 1].task, behind = rows_[worker][j].task;
        if (is_fixed(before) || is_fixed(behind) || !job_is_first(behind, before) ||
            !try_order(worker, j - 1, j + 1, {behind, before}))
          break;
        changed = true;
      }
    return changed;
  }

  bool exchange_runs(std::size_t worker) {
    bool changed = false;
    std::vector<Item> items = items_of(problem_, fixed_, rows_[worker], 0, rows_[worker].size());
    std::size_t begin = 0;
    for (std::size_t k = 0; k + 1 < items.size(); ++k) {
      Item &a = items[k], &b = items[k + 1];
      const std::size_t end = begin + a.tasks.size() + b.tasks.size();
      const bool single = end - begin == 2;
      if (!single && !is_fixed(a.first) && !is_fixed(b.first) && item_is_first(b, a)) {
        std::vector<int> order = b.tasks;
        order.insert(order.end(), a.tasks.begin(), a.tasks.end());
        if (try_order(worker, begin, end, order)) {
          changed = true;
          std::swap(a, b);
        }
      }
      begin += a.tasks.size();
    }
    return changed;
  }

  bool may_run(const Slot& slot) const {
    const Task& own = task(slot.task);
    return slot.start >= own.earliest && slot.end <= own.latest_end &&
           Problem::inside(problem_.windows_of(own), slot.start, slot.end) &&
           std::all_of(own.successors.begin(), own.successors.end(), [&](int next) {
             return !places_[at(next)].placed() || is_moved(next) || places_[at(next)].start >= slot.end;
           });
  }
  bool is_moved(int i) const {
    return places_[at(i)].worker == moved_worker_ && places_[at(i)].start >= moved_from_ &&
           places_[at(i)].start < moved_until_;
  }

  /// Puts `order` into the slots [begin, end) of a row, one after another from the start of the first on, and
  /// leaves it so when that keeps every constraint, costs no more and is better.
  bool try_order(std::size_t worker, std::size_t begin, std::size_t end, const std::vector<int>& order) {
    std::vector<Slot>& row = rows_[worker];
    work_left_ -= static_cast<std::int64_t>(end - begin);
    if (work_left_ < 0) return false;
    if (std::equal(order.begin(), order.end(), row.begin() + static_cast<std::ptrdiff_t>(begin),
                   [](int i, const Slot& slot) { return i == slot.task; }))
      return false;
    moved_worker_ = static_cast<int>(worker);
    moved_from_ = row[begin].start;
    moved_until_ = row[end - 1].end;
    int previous = begin > 0 ? row[begin - 1].task : -1;
    Time time = row[begin].start;
    Cost change = 0;
    std::vector<Slot> fresh;
    const auto append = [&](Slot slot) {
      if (!may_run(slot)) return false;
      change += problem_.cost(slot.task, slot.start, slot.end);
      fresh.push_back(slot);
      return true;
    };
    for (const int i : order) {
      time = std::max(time, task(i).earliest);
      for (const int before : task(i).after) {
        if (!is_moved(before)) {
          time = std::max(time, ends_[at(before)]);
          continue;
        }
        const auto found =
            std::find_if(fresh.begin(), fresh.end(), [&](const Slot& s) { return s.task == before; });
        if (found == fresh.end()) return false;
        time = std::max(time, found->end);
      }
      if (!append({i, time, time + problem_.duration(i, previous)})) return false;
      time = fresh.back().end;
      previous = i;
    }
    // The job behind them may need its setup now, or no longer.
    std::size_t stop = end;
    if (end < row.size()) {
      if (time > row[end].start) return false;
      const Slot next{row[end].task, row[end].start,
                      row[end].start + problem_.duration(row[end].task, previous)};
      if (end + 1 < row.size() && next.end > row[end + 1].start) return false;
      if (next.end != row[end].end) {
        if (!append(next)) return false;
        ++stop;
      }
    }
    for (std::size_t k = begin; k < stop; ++k) change -= problem_.cost(row[k].task, row[k].start, row[k].end);
    if (change > 0 || !is_better(row, begin, stop, fresh)) return false;
    for (const Slot& slot : fresh) {
      row[begin++] = slot;
      places_[at(slot.task)] = {static_cast<int>(worker), slot.start};
      ends_[at(slot.task)] = slot.end;
    }
    return true;
  }

  /// Ends by priority, then starts in input order.
  bool is_better(const std::vector<Slot>& row, std::size_t begin, std::size_t stop,
                 const std::vector<Slot>& fresh) const {
    std::map<std::int64_t, Time, std::greater<>> later;
    for (const Slot& slot : fresh) later[task(slot.task).priority] += slot.end;
    for (std::size_t k = begin; k < stop; ++k) later[task(row[k].task).priority] -= row[k].end;
    for (const auto& [priority, difference] : later)
      if (difference != 0) return difference < 0;
    if (settle_ == Settle::priorities) return false;
    const auto moved = std::min_element(fresh.begin(), fresh.end(), [&](const Slot& a, const Slot& b) {
      const bool same_a = places_[at(a.task)].start == a.start, same_b = places_[at(b.task)].start == b.start;
      return same_a != same_b ? same_b : a.task < b.task;
    });
    return moved->start < places_[at(moved->task)].start;
  }

  const Problem& problem_;
  Settle settle_;
  const std::vector<Placement>& fixed_;
  std::vector<Placement> places_;
  std::vector<std::vector<Slot>> rows_;
  std::vector<Time> ends_;   ///< by task
  std::vector<Time> edges_;  ///< of prices and windows
  std::int64_t& work_left_;
  int moved_worker_ = 0;
  Time moved_from_ = 0, moved_until_ = 0;
};

/// All jobs placed anew in the best order, each at its earliest place that costs no more than its own does;
/// nothing where one finds none.
std::optional<Workboard> place_in_order(const Problem& problem, const Workboard& board,
                                        const std::vector<Placement>& fixed) {
  const auto task = [&](int i) -> const Task& { return problem.tasks[static_cast<std::size_t>(i)]; };
  std::vector<Item> waiting;
  for (const auto& row : rows_of(problem, board.placements()))
    for (Item& item : items_of(problem, fixed, row, 0, row.size()))
      if (!board.is_fixed(item.first)) waiting.push_back(std::move(item));
  std::stable_sort(waiting.begin(), waiting.end(), is_first);
  Workboard result(problem, fixed);
  const std::int64_t most_looks =
      std::max<std::int64_t>(200'000, 60 * static_cast<std::int64_t>(waiting.size()));
  while (!waiting.empty()) {
    std::vector<Item> later;
    const std::size_t before = waiting.size();
    for (Item& item : waiting) {
      const auto is_ready = [&](int i) {
        const auto& after = task(i).after;
        return std::all_of(after.begin(), after.end(), [&](int other) { return result.is_placed(other); });
      };
      if (!std::all_of(item.tasks.begin(), item.tasks.end(), is_ready)) {
        later.push_back(std::move(item));
        continue;
      }
      const int first = item.tasks.front();
      Time more = -task(first).seconds;
      for (const int i : item.tasks) more += task(i).seconds;
      const auto offer = result.earliest_no_dearer(first, item.start, more);
      if (!offer || result.looks() > most_looks) return std::nullopt;
      Placement next = offer->place;
      for (const int i : item.tasks) {
        const auto room = result.room_of(i);
        const Time end = next.start + task(i).seconds;
        if (!room || next.start < room->begin || end > room->end ||
            !Problem::inside(problem.windows_of(task(i)), next.start, end))
          return std::nullopt;
        result.place(i, next);
        next.start = result.end_of(i);
      }
    }
    if (later.size() == before) return std::nullopt;
    waiting = std::move(later);
  }
  return result;
}

/// Of jobs that differ in nothing else those of a higher priority, then those that come first in the input,
/// have the first places.
bool sort_equal_jobs(const Problem& problem, const std::vector<Placement>& fixed,
                     std::vector<Placement>& placements) {
  std::map<std::tuple<Time, Time, std::int64_t, int, Time, Time, When>, std::vector<int>> kinds;
  for (std::size_t i = 0; i < placements.size(); ++i) {
    const Task& own = problem.tasks[i];
    if (fixed[i].placed() || own.blocked || !own.after.empty() || !own.successors.empty()) continue;
    kinds[{own.seconds, own.setup, own.milliwatts, own.group, own.earliest, own.latest_end, own.when}]
        .push_back(static_cast<int>(i));
  }
  bool changed = false;
  for (auto& [kind, tasks] : kinds) {
    std::stable_sort(tasks.begin(), tasks.end(), [&](int a, int b) {
      return problem.tasks[static_cast<std::size_t>(a)].priority >
             problem.tasks[static_cast<std::size_t>(b)].priority;
    });
    std::vector<Placement> places;
    for (const int i : tasks) places.push_back(placements[static_cast<std::size_t>(i)]);
    std::sort(places.begin(), places.end(), [](const Placement& a, const Placement& b) {
      if (a.placed() != b.placed()) return a.placed();
      return a.start != b.start ? a.start < b.start : a.worker < b.worker;
    });
    for (std::size_t k = 0; k < tasks.size(); ++k) {
      Placement& own = placements[static_cast<std::size_t>(tasks[k])];
      changed = changed || own.worker != places[k].worker || own.start != places[k].start;
      own = places[k];
    }
  }
  return changed;
}

bool is_more_settled(const Problem& problem, const Workboard& a, const Workboard& b) {
  if (a.total() > b.total()) return false;
  const auto x = ends_by_priority(problem, a.placements()), y = ends_by_priority(problem, b.placements());
  return x != y ? x < y : a.total() < b.total();
}

}  // namespace

bool pull_forward(const Problem& problem, Workboard& board) {
  std::vector<int> order;
  for (std::size_t i = 0; i < problem.tasks.size(); ++i)
    if (board.placements()[i].placed() && !board.is_fixed(static_cast<int>(i)))
      order.push_back(static_cast<int>(i));
  const auto place_of = [&](int i) { return board.placements()[static_cast<std::size_t>(i)]; };
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return place_of(a).start < place_of(b).start; });
  bool changed = false;
  for (const int i : order) {
    const Placement before = place_of(i);
    const Cost total = board.total();
    if (!board.remove({i})) continue;
    const auto offer = board.earliest_no_dearer(i, before.start);
    const bool earlier = offer && offer->place.start < before.start && board.total() + offer->change <= total;
    board.place(i, earlier ? offer->place : before);
    changed = changed || earlier;
  }
  return changed;
}

std::vector<Time> ends_by_priority(const Problem& problem, const std::vector<Placement>& placements) {
  std::map<std::int64_t, Time, std::greater<>> sums;
  for (const Task& task : problem.tasks) sums.try_emplace(task.priority, 0);
  for (const auto& row : rows_of(problem, placements))
    for (const Slot& slot : row)
      sums[problem.tasks[static_cast<std::size_t>(slot.task)].priority] += slot.end;
  std::vector<Time> ends;
  for (const auto& [priority, sum] : sums) ends.push_back(sum);
  return ends;
}

Workboard settle_order(const Problem& problem, const Workboard& board, const std::vector<Placement>& fixed,
                       Settle settle) {
  Workboard best = board;
  if (settle == Settle::all)
    if (auto other = place_in_order(problem, best, fixed); other && is_more_settled(problem, *other, best))
      best = std::move(*other);
  const auto jobs = static_cast<std::int64_t>(problem.tasks.size());
  const std::int64_t a_round = std::max(least_work / most_settling_rounds, work_to_pull * jobs);
  for (std::int64_t work_left = std::max(least_work, most_work_a_job * jobs); work_left > 0;
       work_left -= a_round) {
    const bool pulled = pull_forward(problem, best);
    Settler settler(problem, best.placements(), fixed, settle, work_left);
    bool sorted = settler.run();
    std::vector<Placement> placements = settler.placements();
    sorted = sort_equal_jobs(problem, fixed, placements) || sorted;
    if (sorted) best = board_of(problem, placements, fixed);
    if (!pulled && !sorted) break;
  }
  return best;
}

}  // namespace turbodiff::plan
