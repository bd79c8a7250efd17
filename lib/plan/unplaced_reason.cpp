#include "plan/unplaced_reason.h"

#include <fmt/format.h>

#include <algorithm>

#include "plan/plan_jobs_file.h"
#include "plan/plan_result.h"

namespace turbodiff::plan {
namespace {

const char* kind_of(When when) {
  return when == When::off_peak ? "off-peak time" : "time with a known price";
}

/// The longest part of `spans` inside [begin, end).
Time longest(const std::vector<Span>& spans, Time begin, Time end) {
  Time most = 0;
  for (const Span& span : spans) most = std::max(most, std::min(span.end, end) - std::max(span.begin, begin));
  return most;
}

/// The longest part of [begin, end) that lies in `spans` and in which some worker is free.
Time longest_free(const Problem& problem, const std::vector<Placement>& placements,
                  const std::vector<Span>& spans, Time begin, Time end) {
  const auto rows = rows_of(problem, placements);
  if (static_cast<int>(rows.size()) < problem.workers) return longest(spans, begin, end);
  Time most = 0;
  for (const auto& row : rows) {
    Time reached = begin;
    for (const Slot& slot : row) {
      if (slot.start > reached) most = std::max(most, longest(spans, reached, std::min(slot.start, end)));
      reached = std::max(reached, slot.end);
    }
    most = std::max(most, longest(spans, reached, end));
  }
  return most;
}

}  // namespace

std::string unplaced_reason(const PlanRequest& request, const Problem& problem,
                            const std::vector<Placement>& placements, int index) {
  const Task& task = problem.tasks[static_cast<std::size_t>(index)];
  const PlanJob& job = request.jobs[static_cast<std::size_t>(index)];
  if (task.blocked) return *task.blocked;
  for (int before : task.after)
    if (!placements[static_cast<std::size_t>(before)].placed())
      return fmt::format("after '{}', which is not placed",
                         request.jobs[static_cast<std::size_t>(before)].id);

  const auto label = [&](Time t) {
    return request.label ? request.label(request.now + t) : format_utc(request.now + t);
  };
  const Time need = task.seconds + task.setup;
  Time from = task.earliest;
  const auto rows = rows_of(problem, placements);
  for (const auto& row : rows)
    for (const Slot& slot : row)
      if (std::find(task.after.begin(), task.after.end(), slot.task) != task.after.end())
        from = std::max(from, slot.end);
  const bool own_deadline = job.deadline && *job.deadline - request.now <= problem.horizon;
  const std::string until = own_deadline ? fmt::format("its deadline {}", label(*job.deadline - request.now))
                                         : fmt::format("the end of the plan {}", label(problem.horizon));
  if (task.latest_end - from < need)
    return fmt::format("needs {} s, but from {} to {} there are only {} s", need, label(from), until,
                       std::max<Time>(task.latest_end - from, 0));

  const std::vector<Span>& spans = problem.windows_of(task);
  const std::vector<Span>& priced = problem.windows[static_cast<std::size_t>(When::now)];
  const Time window = longest(spans, from, task.latest_end);
  if (window < need) {
    const Time known = priced.empty() ? 0 : priced.back().end;
    if (known < task.latest_end)
      return fmt::format("waits for prices after {}: needs {} s of {}; the longest window until then is {} s",
                         label(known), need, kind_of(task.when), window);
    return fmt::format("needs {} s of {} before {}; the longest window left is {} s", need,
                       kind_of(task.when), until, window);
  }
  const Time free = longest_free(problem, placements, spans, from, task.latest_end);
  if (free < need)
    return fmt::format("needs {} s of {} before {}; beside the other jobs the longest window left is {} s",
                       need, kind_of(task.when), until, free);
  return fmt::format("needs {} s of {} before {}; no place was found beside the other jobs", need,
                     kind_of(task.when), until);
}

bool is_late(const PlanRequest& request, const Problem& problem, int index) {
  const Task& task = problem.tasks[static_cast<std::size_t>(index)];
  const PlanJob& job = request.jobs[static_cast<std::size_t>(index)];
  if (!job.deadline || *job.deadline - request.now > problem.horizon) return false;
  if (task.blocked || task.latest_end - task.earliest < task.seconds + task.setup) return true;
  const std::vector<Span>& priced = problem.windows[static_cast<std::size_t>(When::now)];
  return !priced.empty() && priced.back().end >= task.latest_end;
}

}  // namespace turbodiff::plan
