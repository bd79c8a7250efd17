#include "check_deadlines.h"

#include <fmt/format.h>

#include <algorithm>

#include "first_guess.h"
#include "plan/planner.h"
#include "queue/queue_plan.h"
#include "tariff/make_curve.h"

namespace turbodiff::app {
namespace {

/// With more waiting jobs than these, a new deadline is checked on its own, not together with them.
constexpr std::size_t most_checked_together = 1000;

}  // namespace

void check_deadlines(Queue& queue, const std::vector<store::NewJob>& jobs, tariff::FeedAccess access) {
  const bool any =
      std::any_of(jobs.begin(), jobs.end(), [](const auto& job) { return job.spec.deadline.has_value(); });
  if (!any || !queue.has_tariff()) return;
  const tariff::Tariff tariff = queue.load_tariff(access);
  queue.warn_of(tariff);
  queue::Estimator estimator(queue.store(), queue.power(), first_guess(queue));
  queue::QueuePlanOptions options;
  options.now = queue.now();
  for (const store::NewJob& job : jobs)
    if (job.spec.deadline) options.horizon_s = std::max(options.horizon_s, *job.spec.deadline - options.now);
  options.horizon_s = std::min<std::int64_t>(options.horizon_s, 400 * 86400);
  options.label = [&](tariff::Seconds instant) { return queue.local(instant); };
  const tariff::PriceCurve curve = tariff::make_curve(tariff, options.now, options.now + options.horizon_s);

  plan::PlanRequest request;
  if (queue.store().count_by_state()[store::State::queued] <=
      static_cast<std::int64_t>(most_checked_together)) {
    std::size_t left_out = 0;
    request = queue::make_queue_request(queue.store(), estimator, options, left_out);
  } else {
    request.now = options.now;
    request.horizon_s = options.horizon_s;
    request.label = options.label;
  }
  const std::size_t first = request.jobs.size();
  const bool together = jobs.size() <= most_checked_together;
  for (std::size_t i = 0; i < jobs.size() && (together || i == 0); ++i) {
    const store::NewJob& job = jobs[i];
    plan::PlanJob planned =
        queue::plan_job(fmt::format("new {}", i + 1), estimator.estimate(job.preset), job.preset, job.spec);
    for (const store::JobId id : job.after)
      if (const auto found = std::find_if(request.jobs.begin(), request.jobs.end(),
                                          [&](const auto& other) { return other.id == std::to_string(id); });
          found != request.jobs.end())
        planned.after.push_back(std::to_string(id));
    request.jobs.push_back(std::move(planned));
  }
  // Prices that are not published yet may still make it possible.
  const tariff::Seconds known_until = [&] {
    tariff::Seconds until = options.now;
    for (const tariff::Segment& segment : curve.segments())
      if (segment.price && !segment.fallback) until = segment.end;
    return until;
  }();
  const plan::Plan plan = plan::make_plan(request, curve);
  for (const plan::UnplacedJob& unplaced : plan.unplaced) {
    if (unplaced.job < first) continue;
    const plan::PlanJob& job = request.jobs[unplaced.job];
    if (!job.deadline || (tariff.prices && *job.deadline > known_until)) continue;
    throw Error::refused(
        fmt::format("the deadline {} cannot be met: {}", queue.local(*job.deadline), unplaced.reason),
        "give a later --deadline, or --when cheapest or now");
  }
}

}  // namespace turbodiff::app
