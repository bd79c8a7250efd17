#include "running_job.h"

#include <algorithm>

namespace turbodiff::app {

std::optional<queue::RunningJob> running_job(Queue& queue, queue::Estimator& estimator) {
  const auto running = queue.store().list({{store::State::running}, 1, false});
  if (running.empty()) return std::nullopt;
  const store::Job& job = running.front();
  const store::Preset preset = queue.store().preset(job.preset);
  const std::int64_t elapsed = queue.now() - job.started_at.value_or(0) / 1'000'000;
  return queue::RunningJob{job.id, std::max<std::int64_t>(1, estimator.estimate(preset).seconds - elapsed),
                           queue::plan_group(preset, job.spec.group)};
}

}  // namespace turbodiff::app
