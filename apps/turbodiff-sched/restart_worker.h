// Ends the daemon's engine from another process, so that its memory is freed.
#pragma once

#include "queue.h"

namespace turbodiff::app {

/// A running job is queued again without using up a retry, and resumes from its checkpoint. Error refused
/// when no daemon runs.
void restart_worker(Queue& queue);

}  // namespace turbodiff::app
