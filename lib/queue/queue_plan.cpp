#include "queue/queue_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "plan/planner.h"

namespace turbodiff::queue {
namespace {

using store::JobId;

struct Blocked {
  std::string why;
  bool for_good = true;  ///< not: what it waits for is held, and may be released in time
};

/// Adds what waits for a blocked job, near and far.
void block_successors(std::map<JobId, Blocked>& blocked, const std::multimap<JobId, JobId>& after) {
  std::multimap<JobId, JobId> successors;
  for (const auto& [job, waits_for] : after) successors.emplace(waits_for, job);
  std::vector<JobId> pending;
  for (const auto& [job, why] : blocked) pending.push_back(job);
  while (!pending.empty()) {
    const JobId before = pending.back();
    pending.pop_back();
    const Blocked why{fmt::format("it waits for job {}, which cannot run either", before),
                      blocked.at(before).for_good};
    const auto [first, last] = successors.equal_range(before);
    for (auto it = first; it != last; ++it)
      if (blocked.try_emplace(it->second, why).second) pending.push_back(it->second);
  }
}

/// Why a waiting job cannot run whatever the prices are: what it waits for will not succeed.
std::map<JobId, Blocked> blocked_jobs(const store::JobStore& store,
                                      const std::multimap<JobId, JobId>& after) {
  std::map<JobId, Blocked> blocked;
  std::vector<JobId> before;
  for (const auto& [job, waits_for] : after) before.push_back(waits_for);
  const auto states = store.states(before);
  for (const auto& [job, waits_for] : after) {
    const auto state = states.find(waits_for);
    if (state == states.end() || state->second == store::State::queued ||
        state->second == store::State::running || state->second == store::State::done)
      continue;
    blocked.try_emplace(job, Blocked{fmt::format("it waits for job {}, which {} {}", waits_for,
                                                 state->second == store::State::failed ? "has" : "is",
                                                 store::name_of(state->second)),
                                     state->second != store::State::held});
  }
  block_successors(blocked, after);
  return blocked;
}

}  // namespace

std::string plan_group(const store::Preset& preset, const std::string& group) {
  return fmt::format("{}|{}|{}", preset.fingerprint, preset.device, group);
}

plan::PlanRequest make_queue_request(const store::JobStore& store, Estimator& estimator,
                                     const QueuePlanOptions& options, std::size_t& left_out) {
  plan::PlanRequest request;
  request.now = options.now;
  request.horizon_s = options.horizon_s;
  request.objective = options.objective;
  request.idle_milliwatts = options.idle_milliwatts;
  request.wake_milliwatt_hours = options.wake_milliwatt_hours;
  request.label = options.label;

  std::vector<store::WaitingJob> waiting = store.waiting();
  left_out = 0;
  if (waiting.size() > most_planned_jobs) {
    std::stable_sort(waiting.begin(), waiting.end(),
                     [](const auto& a, const auto& b) { return a.priority > b.priority; });
    left_out = waiting.size() - most_planned_jobs;
    waiting.resize(most_planned_jobs);
    std::sort(waiting.begin(), waiting.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  }
  std::set<JobId> ids;
  for (const auto& job : waiting) ids.insert(job.id);
  const auto after = store.waiting_after();
  std::map<std::int64_t, std::pair<store::Preset, JobEstimate>> presets;
  for (const auto& [id, preset] : store.presets()) presets[id] = {preset, {}};
  std::set<std::int64_t> estimated;
  std::vector<JobId> asked;
  for (const auto& job : waiting) asked.push_back(job.id);
  const auto planned_before = store.planned_starts(asked);

  std::int64_t highest = 0;
  for (const auto& job : waiting) highest = std::max(highest, job.priority);
  if (options.running) {
    plan::PlanJob job;
    job.id = std::to_string(options.running->id);
    job.seconds = std::max<std::int64_t>(1, options.running->seconds_left);
    job.milliwatts = 1;
    job.priority = highest + 1;
    job.when = spec::When::now;
    job.group = options.running->group;
    request.jobs.push_back(std::move(job));
    ids.insert(options.running->id);
  }
  for (const auto& job : waiting) {
    auto& [preset, estimate] = presets[job.preset];
    if (estimated.insert(job.preset).second) estimate = estimator.estimate(preset);
    plan::PlanJob planned = plan_job(std::to_string(job.id), estimate, preset, job);
    if (const auto before = planned_before.find(job.id); before != planned_before.end())
      planned.planned = before->second.start;
    const auto [first, last] = after.equal_range(job.id);
    for (auto it = first; it != last; ++it) planned.after.push_back(std::to_string(it->second));
    request.jobs.push_back(std::move(planned));
  }
  // What is done is no reason to wait any more.
  std::vector<JobId> waited_for;
  for (const auto& [job, before] : after)
    if (!ids.contains(before)) waited_for.push_back(before);
  const auto states = store.states(waited_for);
  for (plan::PlanJob& job : request.jobs)
    std::erase_if(job.after, [&](const std::string& id) {
      const auto state = states.find(std::stoll(id));
      return state != states.end() && state->second == store::State::done;
    });
  return request;
}

QueuePlan plan_queue(const store::JobStore& store, Estimator& estimator, const tariff::PriceCurve& curve,
                     const QueuePlanOptions& options) {
  QueuePlan result;
  const plan::PlanRequest request = make_queue_request(store, estimator, options, result.left_out);
  result.has_running = options.running.has_value();
  result.plan = plan::make_plan(request, curve);
  if (options.running) {
    std::erase_if(result.plan.jobs, [](const plan::PlannedJob& job) { return job.job == 0; });
    std::erase_if(result.plan.unplaced, [](const plan::UnplacedJob& job) { return job.job == 0; });
  }
  for (const plan::PlannedJob& job : result.plan.jobs)
    result.starts[std::stoll(job.id)] = {job.start, job.setup};
  if (!result.plan.unplaced.empty()) {
    const auto blocked = blocked_jobs(store, store.waiting_after());
    for (plan::UnplacedJob& job : result.plan.unplaced)
      if (const auto why = blocked.find(std::stoll(job.id)); why != blocked.end()) {
        job.reason = why->second.why;
        job.late = job.late && why->second.for_good;
        result.blocked.insert(why->first);
      }
  }
  return result;
}

}  // namespace turbodiff::queue
