// What estimates of models that have not run yet go by.
#pragma once

#include "queue.h"
#include "sched/estimator.h"

namespace turbodiff::app {

enum class Measuring { allowed, not_now };

/// `queue` must outlive it. The rate of the machine is what the engine has measured and kept in the cache
/// folder; where there is none yet and measuring is allowed, the engine does so at the first question (a
/// second).
sched::FirstGuess first_guess(Queue& queue, Measuring measuring = Measuring::allowed);

}  // namespace turbodiff::app
