// Everything about one job, as in `show --json`.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "queue.h"

namespace turbodiff::app {

/// Error not_found when there is no such job.
nlohmann::ordered_json job_detail(Queue& queue, store::JobId id);

}  // namespace turbodiff::app
