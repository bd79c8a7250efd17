// The prices of a stretch of time, cut out of a curve to be kept with a bill.
#pragma once

#include <span>
#include <vector>

#include "tariff/price_curve.h"

namespace turbodiff::runner {

/// The prices of [start, end), seconds, as the curve has them.
std::vector<tariff::Segment> prices_in(const tariff::PriceCurve& curve, std::int64_t start, std::int64_t end);
/// Where prices begin and end.
std::vector<std::int64_t> borders_of(std::span<const tariff::Segment> prices);

/// The seconds that hold [start, end), microseconds.
constexpr std::int64_t first_second(std::int64_t start) {
  return start / 1'000'000;
}
constexpr std::int64_t past_second(std::int64_t end) {
  return (end + 999'999) / 1'000'000;
}

}  // namespace turbodiff::runner
