// The plan of the store's waiting jobs.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "plan/plan.h"
#include "queue/estimator.h"
#include "store/job_store.h"
#include "tariff/price_curve.h"

namespace turbodiff::queue {

/// The job that runs now.
struct RunningJob {
  store::JobId id = 0;
  std::int64_t seconds_left = 1;
  std::string group;
};

struct QueuePlanOptions {
  tariff::Seconds now = 0;
  std::int64_t horizon_s = 7 * 86400;
  plan::Objective objective = plan::Objective::cost;
  std::optional<RunningJob> running;
  std::optional<std::int64_t> idle_milliwatts, wake_milliwatt_hours;
  std::function<std::string(tariff::Seconds)> label;
};

/// Further waiting jobs are left for a later plan: the first ones by priority and id are planned.
constexpr std::size_t most_planned_jobs = 10'000;

struct QueuePlan {
  plan::Plan plan;  ///< without the running job
  std::map<store::JobId, store::PlannedStart> starts;
  std::size_t left_out = 0;        ///< jobs beyond most_planned_jobs
  std::set<store::JobId> blocked;  ///< unplaced jobs that depend on a job which will not succeed by itself
  bool has_running = false;
};

/// The jobs of the store as the planner's input; `running` is the first, as a job that starts now.
plan::PlanRequest make_queue_request(const store::JobStore& store, Estimator& estimator,
                                     const QueuePlanOptions& options, std::size_t& left_out);

QueuePlan plan_queue(const store::JobStore& store, Estimator& estimator, const tariff::PriceCurve& curve,
                     const QueuePlanOptions& options);

/// Jobs with the same group save loading the model when they run one after another.
std::string plan_group(const store::Preset& preset, const std::string& group);

/// A job of the store, waiting or new, as the planner's input. `wanted` has JobSpec's members of these names.
template <typename Wanted>
plan::PlanJob plan_job(std::string id, const JobEstimate& estimate, const store::Preset& preset,
                       const Wanted& wanted) {
  plan::PlanJob job;
  job.id = std::move(id);
  job.seconds = estimate.seconds;
  job.setup_seconds = estimate.setup_seconds;
  job.milliwatts = estimate.milliwatts;
  job.earliest = wanted.earliest;
  job.deadline = wanted.deadline;
  job.priority = wanted.priority;
  job.when = wanted.when;
  job.group = plan_group(preset, wanted.group);
  return job;
}

}  // namespace turbodiff::queue
