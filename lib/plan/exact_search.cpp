#include "plan/exact_search.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "plan/after_branching.h"

namespace turbodiff::plan {
namespace {

constexpr int node_limit = 2000;

/// Where the parts of the objective lie in one number, from the highest: cost, sum of ends of every priority
/// from the highest down, start of every job in input order, worker of every job in input order. Every part
/// has room enough not to reach into the next.
struct Layout {
  unsigned worker_bits = 0;
  unsigned start_bits = 0;
  unsigned ends_bits = 0;  ///< of one priority
  unsigned count = 0;
  std::vector<std::int64_t> priorities;  ///< from the lowest up

  Layout(const Problem& problem, const std::vector<int>& tasks, int workers)
      : worker_bits(static_cast<unsigned>(std::bit_width(static_cast<unsigned>(workers - 1)))),
        start_bits(static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(problem.horizon)))),
        ends_bits(start_bits + static_cast<unsigned>(std::bit_width(tasks.size()))),
        count(static_cast<unsigned>(tasks.size())) {
    for (const int i : tasks) priorities.push_back(problem.tasks[static_cast<std::size_t>(i)].priority);
    std::sort(priorities.begin(), priorities.end());
    priorities.erase(std::unique(priorities.begin(), priorities.end()), priorities.end());
  }

  /// 0 for the lowest one.
  unsigned rank(std::int64_t priority) const {
    return static_cast<unsigned>(std::lower_bound(priorities.begin(), priorities.end(), priority) -
                                 priorities.begin());
  }
  unsigned worker(std::size_t job) const { return (count - 1 - static_cast<unsigned>(job)) * worker_bits; }
  unsigned start(std::size_t job) const {
    return count * worker_bits + (count - 1 - static_cast<unsigned>(job)) * start_bits;
  }
  unsigned ends(unsigned rank) const { return count * (worker_bits + start_bits) + rank * ends_bits; }
  unsigned cost() const { return ends(static_cast<unsigned>(priorities.size())); }
};

/// Bits that a sum of costs can need.
unsigned cost_bits(const Problem& problem, const std::vector<int>& tasks) {
  long double largest = 1;
  for (std::size_t step = 0; step + 1 < problem.objective.edges().size(); ++step)
    largest = std::max(largest, std::abs(static_cast<long double>(problem.objective.value(step))));
  long double sum = 1;
  for (int i : tasks) {
    const Task& task = problem.tasks[static_cast<std::size_t>(i)];
    sum += largest * static_cast<long double>(task.milliwatts) *
           static_cast<long double>(task.seconds + task.setup);
  }
  return static_cast<unsigned>(std::ilogb(sum)) + 3;
}

std::vector<ValuePiece> lift(const std::vector<StartPiece>& pieces, const Layout& layout, std::size_t job,
                             unsigned rank, Time length) {
  std::vector<ValuePiece> lifted;
  const WideInt second = WideInt::from(1, layout.ends(rank)) + WideInt::from(1, layout.start(job));
  for (const StartPiece& piece : pieces) {
    const WideInt value = WideInt::from(piece.value, layout.cost()) +
                          WideInt::from(piece.first + length, layout.ends(rank)) +
                          WideInt::from(piece.first, layout.start(job));
    lifted.push_back({piece.first, piece.last, value, WideInt::from(piece.slope, layout.cost()) + second});
  }
  return lifted;
}

class Builder {
 public:
  Builder(const Problem& problem, std::vector<int> tasks, const std::vector<Placement>& fixed)
      : problem_(problem), tasks_(std::move(tasks)), fixed_(fixed) {}

  SearchProblem build(const Layout& layout, int workers) {
    SearchProblem search;
    search.workers = workers;
    search.horizon = problem_.horizon;
    search.after.assign(tasks_.size(), 0);
    for (std::size_t j = 0; j < tasks_.size(); ++j) add(search, layout, j);
    close_after(search);
    set_classes(search, layout);
    return search;
  }

  std::vector<Bounds> bounds() const {
    std::vector<Bounds> bounds;
    for (int i : tasks_) {
      const Task& task = problem_.tasks[static_cast<std::size_t>(i)];
      bounds.push_back({task.earliest, task.latest_end});
    }
    return bounds;
  }

 private:
  void add(SearchProblem& search, const Layout& layout, std::size_t j) {
    const int i = tasks_[j];
    const Task& task = problem_.tasks[static_cast<std::size_t>(i)];
    const Placement& place = fixed_[static_cast<std::size_t>(i)];
    SearchJob job;
    job.task = i;
    job.cold = task.seconds + task.setup;
    job.warm = task.group >= 0 ? task.seconds : job.cold;
    job.group = task.group;
    if (place.placed()) {
      job.fixed_worker = place.worker;
      job.fixed_start = place.start;
    }
    const Time first = place.placed() ? place.start : 0;
    const Time last = place.placed() ? place.start : problem_.horizon;
    const unsigned rank = layout.rank(task.priority);
    job.cold_starts = lift(problem_.start_pieces(i, job.cold, first, last), layout, j, rank, job.cold);
    if (task.group >= 0)
      job.warm_starts = lift(problem_.start_pieces(i, job.warm, first, last), layout, j, rank, job.warm);
    search.jobs.push_back(std::move(job));
    const Time latest = (Time{1} << layout.start_bits) - 1;
    search.unplaced_value.push_back(WideInt::from(latest, layout.start(j)));
    search.worker_unit.push_back(WideInt::from(1, layout.worker(j)));
    for (int before : task.after)
      if (const auto at = std::lower_bound(tasks_.begin(), tasks_.end(), before);
          at != tasks_.end() && *at == before)
        search.after[j] |= 1U << (at - tasks_.begin());
  }

  static void close_after(SearchProblem& search) {
    const std::size_t count = search.jobs.size();
    for (std::size_t round = 0; round < count; ++round)
      for (std::size_t b = 0; b < count; ++b)
        for (std::size_t a = 0; a < count; ++a)
          if (search.after[b] >> a & 1U) search.after[b] |= search.after[a];
    for (std::size_t b = 0; b < count; ++b)
      for (std::size_t a = 0; a < count; ++a)
        if (search.after[b] >> a & 1U) search.jobs[a].successors |= 1U << b;
  }

  void set_classes(SearchProblem& search, const Layout& layout) const {
    for (std::size_t j = 0; j < tasks_.size(); ++j) {
      const unsigned rank = layout.rank(problem_.tasks[static_cast<std::size_t>(tasks_[j])].priority);
      search.class_unit.push_back(search.jobs[j].fixed_worker >= 0 ? 0 : std::uint64_t{1} << (5 * rank));
    }
  }

  const Problem& problem_;
  std::vector<int> tasks_;
  const std::vector<Placement>& fixed_;
};

std::vector<Time> edges_of(const Problem& problem) {
  std::vector<Time> edges = problem.objective.edges();
  for (const auto& spans : problem.windows)
    for (const Span& span : spans) {
      edges.push_back(span.begin);
      edges.push_back(span.end);
    }
  return edges;
}

}  // namespace

std::optional<std::vector<Placement>> exact_search(const Problem& problem, const std::vector<int>& movable,
                                                   const std::vector<Placement>& fixed) {
  std::vector<int> tasks = movable;
  for (std::size_t i = 0; i < fixed.size(); ++i)
    if (fixed[i].placed()) tasks.push_back(static_cast<int>(i));
  std::sort(tasks.begin(), tasks.end());
  std::vector<Placement> result = fixed;
  if (movable.empty()) return result;
  const int workers = std::min<int>(problem.workers, static_cast<int>(tasks.size()));
  const Layout layout(problem, tasks, workers);
  if (layout.cost() + cost_bits(problem, tasks) >= WideInt::bits) return std::nullopt;
  Builder builder(problem, tasks, fixed);
  const SearchProblem search = builder.build(layout, workers);
  const auto plan = solve_with_after(search, builder.bounds(), edges_of(problem), node_limit);
  if (!plan) return std::nullopt;
  for (std::size_t j = 0; j < tasks.size(); ++j) {
    const bool placed = plan->placed >> j & 1U;
    result[static_cast<std::size_t>(tasks[j])] = placed ? plan->places[j] : Placement{};
  }
  return result;
}

}  // namespace turbodiff::plan
