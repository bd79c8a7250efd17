// Whether new jobs can be done by their deadlines.
#pragma once

#include <vector>

#include "queue.h"

namespace turbodiff::app {

/// Plans the new jobs behind the waiting ones (alone when too many wait). Error refused when a deadline
/// cannot be met at known prices. Without a tariff nothing is checked.
void check_deadlines(Queue& queue, const std::vector<store::NewJob>& jobs, tariff::FeedAccess access);

}  // namespace turbodiff::app
