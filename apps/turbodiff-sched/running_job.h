// The job that runs now, as far as the store shows.
#pragma once

#include <optional>

#include "queue.h"
#include "sched/queue_plan.h"

namespace turbodiff::app {

std::optional<sched::RunningJob> running_job(Queue& queue, sched::Estimator& estimator);

}  // namespace turbodiff::app
