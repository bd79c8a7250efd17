// The job that runs now, as far as the store shows.
#pragma once

#include <optional>

#include "queue.h"
#include "queue/queue_plan.h"

namespace turbodiff::app {

std::optional<queue::RunningJob> running_job(Queue& queue, queue::Estimator& estimator);

}  // namespace turbodiff::app
