// The daemon while a job runs.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runner/daemon.h"

namespace turbodiff::runner {

std::vector<std::string> Daemon::upcoming_prompts(store::JobId id) const {
  constexpr std::size_t most = 64;
  std::vector<std::string> prompts;
  const store::Job first = store_.job(id);
  tariff::Seconds end = 0;
  bool found = false;
  for (const plan::PlannedJob& job : plan_.plan.jobs) {
    const store::JobId candidate = std::stoll(job.id);
    if (candidate == id) {
      found = true;
      end = job.end;
      continue;
    }
    if (!found) continue;
    if (job.start > end + keep_worker_s || prompts.size() >= most) break;
    const store::Job next = store_.job(candidate);
    if (next.preset != first.preset) break;
    prompts.push_back(next.spec.prompt);
    end = job.end;
  }
  return prompts;
}

Stop Daemon::question() {
  handle(waiter_.look());
  look_at_deadlines();
  if (stopping_) return Stop::shutdown;
  if (restart_worker_) return Stop::restart;
  if (settings_.inbox != nullptr && settings_.inbox->look()) dirty_ = true;
  if (dirty_) {
    if (store_.is_cancel_requested(running_->id)) return Stop::cancelled;
    replan();
  } else if (stale_ && has_leisure()) {
    replan();
  }
  if (window_end_ && now() >= *window_end_) return Stop::window_end;
  return Stop::none;
}

void Daemon::run_job(store::JobId id) {
  if (settings_.after_batch != nullptr) settings_.after_batch->job_starts();
  const store::Job job = store_.job(id);
  const store::Preset preset = store_.preset(job.preset);
  const queue::JobEstimate estimate = estimator_.estimate(preset);
  running_ = queue::RunningJob{id, estimate.seconds, queue::plan_group(preset, job.spec.group)};
  running_since_s_ = clock_.monotonic_s();
  running_estimate_s_ = estimate.seconds + (runner_.has_worker() ? 0 : estimate.setup_seconds);
  window_end_.reset();
  if (settings_.window_end == WindowEnd::stop_and_requeue && job.spec.when == spec::When::off_peak)
    window_end_ = tariff_.off_peak_end(now(), settings_.horizon_s);
  // Told once it is claimed: whoever looks then sees it run.
  bool reported = false;
  const Outcome outcome = runner_.run(id, estimate, upcoming_prompts(id), [&] {
    if (!std::exchange(reported, true)) report_status(fmt::format("job {} runs", id));
    return question();
  });
  running_.reset();
  if (restart_worker_) end_worker();
  idle_read_at_.reset();
  read_idle_meter();
  if (outcome == Outcome::done) ++result_.done;
  if (outcome == Outcome::failed) ++result_.failed;
  if (outcome == Outcome::done) {
    estimator_.forget();
    strike(id);
    stale_ = true;
  } else {
    dirty_ = true;  // it may be tried again, and others may wait for it
  }
  if (settings_.notices != nullptr) settings_.notices->attempt_ended();
}

}  // namespace turbodiff::runner
