#include "plan/plan_problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <unordered_map>

#include "core/error.h"

namespace turbodiff::plan {
namespace {

/// The sums of this many seconds of such values fit in 64 bits.
constexpr Time most_indexed_s = Time{1} << 21;
constexpr std::int64_t most_indexed_value = std::int64_t{1} << 41;
constexpr std::int64_t longest_s = std::int64_t{200} * 366 * 86400;

[[noreturn]] void reject(const PlanJob& job, const std::string& what) {
  throw Error::bad_request(fmt::format("job '{}': {}", job.id, what));
}

void check(const PlanJob& job) {
  if (job.seconds < 1 || job.seconds > longest_s) reject(job, "seconds must be at least 1");
  if (job.setup_seconds < 0 || job.setup_seconds > longest_s) reject(job, "setup_seconds must be 0 or more");
  if (job.milliwatts < 0 || job.milliwatts > 1'000'000'000'000) reject(job, "watts must be from 0 to 1e9");
}

/// Names every task on a circle of `after`, and says which.
void block_circles(const PlanRequest& request, std::vector<Task>& tasks) {
  std::vector<int> open(tasks.size());
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    open[i] = static_cast<int>(tasks[i].after.size());
    if (open[i] == 0) ready.push_back(i);
  }
  while (!ready.empty()) {
    const std::size_t i = ready.back();
    ready.pop_back();
    open[i] = -1;
    for (int next : tasks[i].successors)
      if (--open[static_cast<std::size_t>(next)] == 0) ready.push_back(static_cast<std::size_t>(next));
  }
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (open[i] <= 0) continue;
    std::size_t at = i;
    std::string circle = request.jobs[i].id;
    std::vector<bool> seen(tasks.size());
    while (!seen[at]) {
      seen[at] = true;
      for (int before : tasks[at].after)
        if (open[static_cast<std::size_t>(before)] > 0) {
          at = static_cast<std::size_t>(before);
          break;
        }
      circle += " after " + request.jobs[at].id;
      if (at == i) break;
    }
    if (!tasks[i].blocked)
      tasks[i].blocked = at == i ? fmt::format("its order is circular: {}", circle)
                                 : fmt::format("it comes after jobs whose order is circular: {}", circle);
  }
}

void add_windows(Problem& problem, const tariff::Segment& segment, Time begin, Time end, bool has_value) {
  const auto add = [&](When when) {
    std::vector<Span>& spans = problem.windows[static_cast<std::size_t>(when)];
    if (!spans.empty() && spans.back().end == begin) {
      spans.back().end = end;
    } else {
      spans.push_back({begin, end});
    }
  };
  if (!segment.price) return;
  add(When::now);
  if (!has_value) return;
  add(When::cheapest);
  if (segment.off_peak) add(When::off_peak);
}

void add_curve(Problem& problem, const PlanRequest& request, const tariff::PriceCurve& curve) {
  const bool carbon = request.objective == Objective::carbon;
  Time reached = 0;
  bool known = false;
  for (const tariff::Segment& segment : curve.segments()) {
    const Time begin = std::max<Time>(segment.start - request.now, 0);
    const Time end = std::min<Time>(segment.end - request.now, problem.horizon);
    if (begin >= end) continue;
    if (begin > reached) problem.objective.append(begin, 0);
    const bool has_value = !carbon || segment.milligram_co2.has_value();
    known = known || (carbon && has_value);
    const std::int64_t value = carbon          ? segment.milligram_co2.value_or(0)
                               : segment.price ? segment.price->gross
                                               : 0;
    problem.objective.append(end, value);
    add_windows(problem, segment, begin, end, has_value);
    reached = end;
  }
  if (reached < problem.horizon) problem.objective.append(problem.horizon, 0);
  if (carbon && !known && !request.jobs.empty())
    throw Error::bad_request("the tariff has no carbon data for the time to plan",
                             "add a carbon block to the tariff or plan for cost");
}

}  // namespace

void StepSum::append(Time end, std::int64_t value) {
  const Time begin = edges_.back();
  if (!values_.empty() && values_.back() == value) {
    sums_.back() += static_cast<Cost>(value) * (end - begin);
    edges_.back() = end;
    return;
  }
  values_.push_back(value);
  sums_.push_back(sums_.back() + static_cast<Cost>(value) * (end - begin));
  edges_.push_back(end);
}

std::size_t StepSum::step_at(Time t) const {
  if (values_.empty() || t <= 0) return 0;
  const std::size_t last = values_.size() - 1;
  if (t >= edges_[last]) return last;
  // Steps are often all of one length: then the first guess is right or next to it.
  auto step = static_cast<std::size_t>(static_cast<double>(t) * static_cast<double>(values_.size()) /
                                       static_cast<double>(edges_.back()));
  step = std::min(step, last);
  for (int tries = 0; tries < 4; ++tries) {
    if (edges_[step] > t)
      --step;
    else if (edges_[step + 1] <= t)
      ++step;
    else
      return step;
  }
  return static_cast<std::size_t>(std::upper_bound(edges_.begin(), edges_.end(), t) - edges_.begin() - 1);
}

Cost StepSum::by_step(Time t) const {
  if (values_.empty()) return 0;
  const std::size_t step = step_at(t);
  return sums_[step] + static_cast<Cost>(values_[step]) * (t - edges_[step]);
}

void StepSum::index() {
  least_ = {values_};
  for (std::size_t width = 1; 2 * width <= values_.size(); width *= 2) {
    const std::vector<std::int64_t>& half = least_.back();
    std::vector<std::int64_t> level;
    for (std::size_t k = 0; k + 2 * width <= values_.size(); ++k)
      level.push_back(std::min(half[k], half[k + width]));
    least_.push_back(std::move(level));
  }
  const auto fits = [](std::int64_t value) {
    return value <= most_indexed_value && value >= -most_indexed_value;
  };
  if (edges_.back() > most_indexed_s || !std::all_of(values_.begin(), values_.end(), fits)) return;
  seconds_.reserve(static_cast<std::size_t>(edges_.back()) + 1);
  seconds_.push_back(0);
  for (std::size_t step = 0; step < values_.size(); ++step)
    for (Time t = edges_[step]; t < edges_[step + 1]; ++t)
      seconds_.push_back(seconds_.back() + values_[step]);
}

std::int64_t StepSum::least(Time begin, Time end) const {
  const std::size_t first = step_at(begin), count = step_at(end - 1) - first + 1;
  const auto level = static_cast<std::size_t>(std::bit_width(count) - 1);
  return std::min(least_[level][first], least_[level][first + count - (std::size_t{1} << level)]);
}

Time Problem::duration(int task, int previous) const {
  const Task& own = tasks[static_cast<std::size_t>(task)];
  const bool warm =
      previous >= 0 && own.group >= 0 && tasks[static_cast<std::size_t>(previous)].group == own.group;
  return own.seconds + (warm ? 0 : own.setup);
}

bool Problem::inside(const std::vector<Span>& spans, Time start, Time end) {
  const auto after = std::upper_bound(spans.begin(), spans.end(), start,
                                      [](Time value, const Span& span) { return value < span.begin; });
  return after != spans.begin() && end <= std::prev(after)->end;
}

std::optional<Time> Problem::first_fit(const std::vector<Span>& spans, Time from, Time length, Time until) {
  auto span = std::upper_bound(spans.begin(), spans.end(), from,
                               [](Time value, const Span& s) { return value < s.end; });
  for (; span != spans.end(); ++span) {
    const Time start = std::max(from, span->begin);
    if (start + length > until) return std::nullopt;
    if (start + length <= span->end) return start;
  }
  return std::nullopt;
}

std::optional<Time> Problem::first_start(int task, Time length, Time first, Time last, Cost most) const {
  const Task& own = tasks[static_cast<std::size_t>(task)];
  const std::vector<Span>& spans = windows_of(own);
  const std::vector<Time>& edges = objective.edges();
  first = std::max(first, own.earliest);
  last = std::min(last, own.latest_end - length);
  auto span = std::upper_bound(spans.begin(), spans.end(), first,
                               [](Time value, const Span& s) { return value < s.end; });
  for (; span != spans.end() && span->begin <= last; ++span) {
    const Time high = std::min(span->end - length, last);
    for (Time start = std::max(first, span->begin); start <= high;) {
      const Cost over = cost(task, start, start + length) - most;
      if (over <= 0) return start;
      // Up to the next edge that the start or the end meets, the cost is a line.
      const std::size_t lost = objective.step_at(start), gained = objective.step_at(start + length);
      const Cost slope =
          (static_cast<Cost>(objective.value(gained)) - objective.value(lost)) * own.milliwatts;
      Time edge = edges[lost + 1];
      if (edges[gained + 1] - length > start) edge = std::min(edge, edges[gained + 1] - length);
      if (slope < 0 && over <= -slope * (edge - start)) {
        const Time found = start + static_cast<Time>((over - slope - 1) / -slope);
        if (found <= high) return found;
      }
      start = std::max(edge, start + 1);
    }
  }
  return std::nullopt;
}

std::vector<StartPiece> Problem::start_pieces(int task, Time length, Time first, Time last) const {
  const Task& own = tasks[static_cast<std::size_t>(task)];
  std::vector<StartPiece> pieces;
  const std::vector<Time>& edges = objective.edges();
  first = std::max(first, own.earliest);
  last = std::min(last, own.latest_end - length);
  for (const Span& span : windows_of(own)) {
    const Time low = std::max(span.begin, first);
    const Time high = std::min(span.end - length, last);
    if (low > high) continue;
    std::vector<Time> cuts = {low, high};
    for (Time edge : edges) {
      if (edge > low && edge < high) cuts.push_back(edge);
      if (edge - length > low && edge - length < high) cuts.push_back(edge - length);
    }
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    if (low == high) pieces.push_back({low, low, cost(task, low, low + length), 0});
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
      const std::int64_t gained = objective.value(objective.step_at(cuts[i] + length));
      const std::int64_t lost = objective.value(objective.step_at(cuts[i]));
      pieces.push_back({cuts[i], cuts[i + 1], cost(task, cuts[i], cuts[i] + length),
                        static_cast<Cost>(own.milliwatts) * (static_cast<Cost>(gained) - lost)});
    }
  }
  return pieces;
}

Problem make_problem(const PlanRequest& request, const tariff::PriceCurve& curve) {
  if (request.workers < 1) throw Error::bad_request("a plan needs at least one worker");
  if (request.horizon_s < 0 || request.horizon_s > longest_s)
    throw Error::bad_request("the horizon must be from 0 s to 200 years");
  Problem problem;
  problem.horizon = request.horizon_s;
  problem.workers = request.workers;
  std::unordered_map<std::string, int> index;
  std::map<std::string, int> groups;
  for (const PlanJob& job : request.jobs) {
    check(job);
    if (!index.emplace(job.id, static_cast<int>(problem.tasks.size())).second)
      throw Error::bad_request(fmt::format("job '{}' is there twice", job.id),
                               "give every job an id of its own");
    Task task;
    task.seconds = job.seconds;
    task.setup = job.setup_seconds;
    task.milliwatts = job.milliwatts;
    task.earliest = job.earliest ? std::clamp<Time>(*job.earliest - request.now, 0, problem.horizon) : 0;
    task.latest_end =
        job.deadline ? std::clamp<Time>(*job.deadline - request.now, 0, problem.horizon) : problem.horizon;
    task.priority = job.priority;
    task.when = job.when;
    if (job.planned) task.planned = std::clamp<Time>(*job.planned - request.now, 0, problem.horizon);
    if (!job.group.empty())
      task.group = groups.emplace(job.group, static_cast<int>(groups.size())).first->second;
    problem.tasks.push_back(std::move(task));
  }
  for (std::size_t i = 0; i < request.jobs.size(); ++i)
    for (const std::string& id : request.jobs[i].after) {
      Task& task = problem.tasks[i];
      const auto found = index.find(id);
      if (found == index.end()) {
        task.blocked = fmt::format("after '{}', which is no job of this plan", id);
      } else if (std::find(task.after.begin(), task.after.end(), found->second) == task.after.end()) {
        task.after.push_back(found->second);
        problem.tasks[static_cast<std::size_t>(found->second)].successors.push_back(static_cast<int>(i));
      }
    }
  block_circles(request, problem.tasks);
  add_curve(problem, request, curve);
  problem.objective.index();
  return problem;
}

}  // namespace turbodiff::plan
