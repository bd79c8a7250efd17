// Conversions between the values of the meter, tariffs and the store.
#pragma once

#include <span>
#include <vector>

#include "energy/cost.h"
#include "energy/sample.h"
#include "store/job.h"
#include "tariff/price_curve.h"

namespace turbodiff::sched {

std::vector<store::EnergySample> rows_of(std::span<const energy::Sample> samples);
std::vector<energy::Sample> samples_of(std::span<const store::EnergySample> rows);

/// The prices of [start, end), seconds, as the curve has them.
std::vector<store::PriceSnapshot> snapshots_of(const tariff::PriceCurve& curve, std::int64_t start,
                                               std::int64_t end);
std::vector<energy::FrozenPrice> frozen(std::span<const store::PriceSnapshot> prices);
/// The instants at which prices begin and end.
std::vector<std::int64_t> borders_of(std::span<const store::PriceSnapshot> prices);

/// The whole seconds that contain [start, end), microseconds.
constexpr std::int64_t first_second(std::int64_t start) {
  return start / 1'000'000;
}
constexpr std::int64_t past_second(std::int64_t end) {
  return (end + 999'999) / 1'000'000;
}

}  // namespace turbodiff::sched
