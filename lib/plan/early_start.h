// A plan is kept by its order, not by its exact seconds.
#pragma once

#include "plan/plan.h"
#include "tariff/price_curve.h"

namespace turbodiff::plan {

/// Whether a planned job may also run from `now` on: neither the current second nor the whole run costs more
/// than planned, every second has a price, and an off-peak job stays within off-peak time. The caller checks
/// its `earliest`, its dependencies and a hold.
bool costs_no_more_at(const tariff::PriceCurve& curve, const PlannedJob& job, When when, Seconds now);

}  // namespace turbodiff::plan
