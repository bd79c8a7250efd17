// Ending the daemon's engine from outside, so that the memory it holds is free.
#pragma once

#include "queue.h"

namespace turbodiff::app {

/// A job that runs goes back into the queue without losing a retry, and goes on from its checkpoint. Error
/// refused when nothing runs the queue.
void restart_worker(Queue& queue);

}  // namespace turbodiff::app
