// A plan is kept by its order, not by its seconds.
#pragma once

#include "sched/plan.h"
#include "tariff/price_curve.h"

namespace turbodiff::sched {

/// Whether a planned job may just as well run from `now` on: neither that second nor the whole time costs
/// more than planned, every second has a price, and a job for off-peak time stays within it. Its `earliest`,
/// what it comes after and a hold are for the caller to look at.
bool costs_no_more_at(const tariff::PriceCurve& curve, const PlannedJob& job, When when, Seconds now);

}  // namespace turbodiff::sched
