// GPU time a month, from --videos or --hours-per-month.
#pragma once

#include <cstdint>
#include <vector>

#include "cost_context.h"

namespace turbodiff::app {

/// Microseconds of GPU time, one item a month. Error bad_request without one of the two.
std::vector<std::int64_t> loads_of(const CostFlags& flags, const cost::Run& run);

}  // namespace turbodiff::app
