#include "plan/heuristic.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "plan/dual_bound.h"
#include "plan/rearrange.h"
#include "plan/settle_order.h"
#include "plan/workboard.h"

namespace turbodiff::plan {
namespace {

constexpr int passes = 4;
/// Of rearranging the whole and moving single jobs.
constexpr int rounds = 3;
/// Passes and rounds end when they gain less than this part of what the first one gained.
constexpr Cost least_gain = 20;
/// Of rearranging, so that it is bounded without a clock.
constexpr std::int64_t least_work = 4'000'000, most_work_a_job = 1'000;
/// The length of a run in multiples of its setup: tried one after another.
constexpr Time setups_a_run[] = {60, 20, 6};
constexpr std::size_t most_tried_places = 12;
/// Evaluations of places, so that the work is bounded without a clock.
constexpr std::int64_t most_moves = 60'000;
/// Gaps looked at while moving single jobs.
constexpr std::int64_t least_looks = 150'000, most_looks_a_job = 60;

/// How many tasks of each priority are placed, highest first: the greater the better.
std::vector<std::int64_t> ranks_of(const Problem& problem, const std::vector<Placement>& placements) {
  std::map<std::int64_t, std::int64_t, std::greater<>> counts;
  for (std::size_t i = 0; i < placements.size(); ++i)
    counts[problem.tasks[i].priority] += placements[i].placed();
  std::vector<std::int64_t> ranks;
  for (const auto& [priority, count] : counts) ranks.push_back(count);
  return ranks;
}

/// A plan is given up for one that saves more than this part of its cost.
constexpr Cost worth_a_move = 50;

class Constructor {
 public:
  Constructor(const Problem& problem, const std::vector<int>& movable, const std::vector<Placement>& fixed)
      : problem_(problem), movable_(movable), fixed_(fixed), tail_(problem.tasks.size()) {
    set_tails();
  }

  /// Each task at its cheapest place, those with much power and little room first.
  Workboard by_cost(Time setups) {
    Workboard board(problem_, fixed_);
    std::vector<int> order;
    for (const int i : movable_)
      if (!is_in_a_run(i)) order.push_back(i);
    // Runs stand for their tasks by the mean of their power.
    std::vector<Item> items;
    for (const int i : order) items.push_back({{i}, task(i).priority, task(i).milliwatts, tail(i)});
    for (Item& run : runs(setups)) items.push_back(std::move(run));
    std::stable_sort(items.begin(), items.end(), [](const Item& x, const Item& y) {
      if (x.priority != y.priority) return x.priority > y.priority;
      if (x.milliwatts != y.milliwatts) return x.milliwatts > y.milliwatts;
      return x.tail < y.tail;
    });
    std::vector<int> rest;
    for (const Item& item : items)
      if (item.tasks.size() == 1 || !board.place_run(item.tasks)) {
        for (const int i : item.tasks)
          if (const auto offer = board.cheapest(i))
            board.place(i, offer->place);
          else
            rest.push_back(i);
      }
    fill(board, rest, [&](int i) { return board.cheapest(i); });
    return board;
  }

  /// Each task as early as it can, those that must end first first.
  Workboard by_deadline() {
    Workboard board(problem_, fixed_);
    std::vector<int> order = movable_;
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      const Task &x = task(a), &y = task(b);
      if (x.priority != y.priority) return x.priority > y.priority;
      return tail_[static_cast<std::size_t>(a)] < tail_[static_cast<std::size_t>(b)];
    });
    fill(board, order, [&](int i) { return board.earliest(i); });
    return board;
  }

  /// The plan that the tasks bring with them: each at or soon after its planned start, the others where it is
  /// cheapest.
  Workboard as_planned() {
    Workboard board(problem_, fixed_);
    std::vector<int> planned, others;
    for (const int i : movable_) (task(i).planned ? planned : others).push_back(i);
    std::stable_sort(planned.begin(), planned.end(),
                     [&](int a, int b) { return *task(a).planned < *task(b).planned; });
    fill(board, planned, [&](int i) { return board.earliest(i, *task(i).planned); });
    // They close the gaps that others have left before the rest comes in.
    pull_forward(problem_, board);
    std::stable_sort(others.begin(), others.end(),
                     [&](int a, int b) { return task(a).priority > task(b).priority; });
    fill(board, others, [&](int i) { return board.cheapest(i); });
    return board;
  }

  /// Makes room for tasks without a place by moving others.
  void squeeze_in(Workboard& board) {
    std::vector<int> open;
    for (const int i : movable_)
      if (!board.is_placed(i)) open.push_back(i);
    std::stable_sort(open.begin(), open.end(),
                     [&](int a, int b) { return task(a).priority > task(b).priority; });
    for (const int i : open) {
      if (board.is_placed(i)) continue;
      if (const auto offer = board.cheapest(i))
        board.place(i, offer->place);
      else if (moves_ < most_moves)
        make_room(board, i);
    }
  }

  /// Takes tasks out one by one and puts each where it is cheapest now.
  void improve(Workboard& board) {
    Cost first = 0;
    const std::int64_t most_looks =
        board.looks() + std::max(least_looks, most_looks_a_job * static_cast<std::int64_t>(movable_.size()));
    const auto is_spent = [&] { return moves_ >= most_moves || board.looks() >= most_looks; };
    for (int pass = 0; pass < passes && !is_spent(); ++pass) {
      const Cost before = board.total();
      std::vector<int> order;
      for (const int i : movable_)
        if (board.is_placed(i)) order.push_back(i);
      if (pass % 2 == 1) std::reverse(order.begin(), order.end());
      for (const int i : order) {
        if (is_spent()) break;
        move(board, i);
      }
      const Cost gain = before - board.total();
      if (pass == 0) first = gain;
      if (gain * least_gain <= first) break;
    }
  }

 private:
  /// What is placed together.
  struct Item {
    std::vector<int> tasks;
    std::int64_t priority, milliwatts;
    Time tail;
  };

  /// Sharing a setup pays: tasks of a group that neither wait nor are waited for.
  bool is_in_a_run(int i) const {
    const Task& own = task(i);
    return own.group >= 0 && own.setup > 0 && own.after.empty() && own.successors.empty();
  }

  /// Runs of tasks of one group, kind and priority with like deadlines, long enough that a setup counts
  /// little.
  std::vector<Item> runs(Time setups) const {
    std::map<std::tuple<int, int, std::int64_t>, std::vector<int>> groups;
    for (const int i : movable_)
      if (is_in_a_run(i))
        groups[{task(i).group, static_cast<int>(task(i).when), task(i).priority}].push_back(i);
    std::vector<Item> items;
    for (auto& group : groups) {
      std::vector<int>& tasks = group.second;
      std::stable_sort(tasks.begin(), tasks.end(), [&](int a, int b) { return tail(a) < tail(b); });
      Item run;
      Time seconds = 0, setup = 0;
      Cost energy = 0;
      const auto close = [&] {
        if (run.tasks.empty()) return;
        run.priority = task(run.tasks.front()).priority;
        run.tail = tail(run.tasks.front());
        run.milliwatts = static_cast<std::int64_t>(energy / seconds);
        items.push_back(std::exchange(run, {}));
        seconds = setup = 0;
        energy = 0;
      };
      for (const int i : tasks) {
        run.tasks.push_back(i);
        seconds += task(i).seconds;
        setup = std::max(setup, task(i).setup);
        energy += static_cast<Cost>(task(i).seconds) * task(i).milliwatts;
        if (seconds >= setup * setups) close();
      }
      close();
    }
    return items;
  }

  Time tail(int i) const { return tail_[static_cast<std::size_t>(i)]; }
  const Task& task(int i) const { return problem_.tasks[static_cast<std::size_t>(i)]; }

  /// The latest end that leaves time for all that comes after.
  void set_tails() {
    for (std::size_t i = 0; i < tail_.size(); ++i) tail_[i] = problem_.tasks[i].latest_end;
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t i = 0; i < tail_.size(); ++i)
        for (const int next : problem_.tasks[i].successors) {
          if (problem_.tasks[i].blocked || task(next).blocked) continue;  // such as those on a circle
          const Time by = tail_[static_cast<std::size_t>(next)] - task(next).seconds;
          if (by < tail_[i]) {
            tail_[i] = by;
            changed = true;
          }
        }
    }
  }

  template <typename Choose>
  void fill(Workboard& board, const std::vector<int>& order, Choose&& choose) {
    // Tasks wait until those they come after are placed.
    std::vector<int> waiting = order;
    for (bool progress = true; progress && !waiting.empty();) {
      progress = false;
      std::vector<int> later;
      for (const int i : waiting) {
        const auto& after = task(i).after;
        if (!std::all_of(after.begin(), after.end(), [&](int before) { return board.is_placed(before); })) {
          later.push_back(i);
          continue;
        }
        if (const auto offer = choose(i)) {
          board.place(i, offer->place);
          progress = true;
        }
      }
      waiting = std::move(later);
    }
  }

  void move(Workboard& board, int i) {
    ++moves_;
    const Placement before = board.placements()[static_cast<std::size_t>(i)];
    const Cost total = board.total();
    if (!board.remove({i})) return;
    const auto offer = board.cheapest(i, total - board.total());
    board.place(i, offer ? offer->place : before);
  }

  /// Tries to put `i` over jobs that can go elsewhere, or that matter less.
  void make_room(Workboard& board, int i) {
    const auto room = board.room_of(i);
    if (!room) return;
    std::vector<std::pair<Cost, Placement>> tries;
    for (int worker = 0; worker < std::min<int>(problem_.workers, static_cast<int>(problem_.tasks.size()));
         ++worker) {
      const auto& row = board.slots(worker);
      for (const Slot& slot : row) {
        if (slot.start < room->begin || slot.start >= room->end) continue;
        const Time length = task(i).seconds + task(i).setup;
        if (slot.start + length > room->end ||
            !Problem::inside(problem_.windows_of(task(i)), slot.start, slot.start + length))
          continue;
        Cost weight = 0;
        bool allowed = true;
        for (auto other = &slot; other != row.data() + row.size() && other->start < slot.start + length;
             ++other) {
          allowed = allowed && !board.is_fixed(other->task) &&
                    task(other->task).priority <= task(i).priority && task(other->task).successors.empty();
          weight += other->end - other->start;
        }
        if (allowed) tries.emplace_back(weight, Placement{worker, slot.start});
      }
    }
    std::stable_sort(tries.begin(), tries.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    if (tries.size() > most_tried_places) tries.resize(most_tried_places);
    for (const auto& [weight, place] : tries) {
      ++moves_;
      Workboard trial = board;
      std::vector<int> out;
      const Time length = task(i).seconds + task(i).setup;
      for (const Slot& slot : board.slots(place.worker))
        if (slot.start >= place.start && slot.start < place.start + length) out.push_back(slot.task);
      if (!trial.remove(out)) continue;
      const auto offer = trial.cheapest(i);
      if (!offer) continue;
      trial.place(i, offer->place);
      for (const int other : out)
        if (const auto again = trial.cheapest(other)) trial.place(other, again->place);
      if (ranks_of(problem_, trial.placements()) > ranks_of(problem_, board.placements())) {
        board = trial;
        return;
      }
    }
  }

  const Problem& problem_;
  const std::vector<int>& movable_;
  const std::vector<Placement>& fixed_;
  std::vector<Time> tail_;
  std::int64_t moves_ = 0;
};

bool is_better(const Problem& problem, const Workboard& a, const Workboard& b) {
  const auto x = ranks_of(problem, a.placements()), y = ranks_of(problem, b.placements());
  return x != y ? x > y : a.total() < b.total();
}

}  // namespace

HeuristicResult plan_heuristically(const Problem& problem, const std::vector<int>& movable,
                                   const std::vector<Placement>& fixed) {
  Constructor constructor(problem, movable, fixed);
  Workboard best = constructor.by_cost(setups_a_run[0]);
  for (const Time length : {setups_a_run[1], setups_a_run[2]}) {
    Workboard other = constructor.by_cost(length);
    if (is_better(problem, other, best)) best = std::move(other);
  }
  const auto is_full = [&](const Workboard& board) {
    return std::all_of(movable.begin(), movable.end(), [&](int i) { return board.is_placed(i); });
  };
  if (!is_full(best)) {
    Workboard other = constructor.by_deadline();
    if (ranks_of(problem, other.placements()) > ranks_of(problem, best.placements())) best = std::move(other);
    if (!is_full(best)) constructor.squeeze_in(best);
  }
  constructor.improve(best);
  std::int64_t budget = std::max(least_work, most_work_a_job * static_cast<std::int64_t>(movable.size()));
  Cost first = 0;
  for (int round = 0; round < rounds && budget > 0; ++round) {
    const Cost before = best.total();
    best = board_of(problem, rearrange(problem, best.placements(), fixed, budget), fixed);
    constructor.improve(best);
    const Cost gain = before - best.total();
    if (round == 0) first = gain;
    if (gain * least_gain <= first) break;
  }
  best = settle_order(problem, best, fixed, Settle::all);
  if (std::any_of(movable.begin(), movable.end(),
                  [&](int i) { return problem.tasks[static_cast<std::size_t>(i)].planned.has_value(); })) {
    Workboard kept = settle_order(problem, constructor.as_planned(), fixed, Settle::priorities);
    if (ranks_of(problem, kept.placements()) >= ranks_of(problem, best.placements()) &&
        (kept.total() - best.total()) * worth_a_move <= std::max(best.total(), -best.total()))
      best = std::move(kept);
  }
  return {best.placements(), dual_bound(problem, best.placements(), best.total(), fixed)};
}

}  // namespace turbodiff::plan
