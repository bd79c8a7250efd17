// What estimates of models that have not run yet are based on.
#pragma once

#include "queue.h"
#include "queue/estimator.h"

namespace turbodiff::app {

enum class Measuring { allowed, not_now };

/// `queue` must outlive it. The speed of the machine is what the engine has measured and stored in the cache
/// folder; where there is no figure yet and measuring is allowed, the engine measures it at the first call
/// (one second).
queue::FirstGuess first_guess(Queue& queue, Measuring measuring = Measuring::allowed);

}  // namespace turbodiff::app
