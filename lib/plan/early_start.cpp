#include "plan/early_start.h"

#include <algorithm>
#include <optional>

namespace turbodiff::plan {
namespace {

/// The sum of the prices of [start, end); nothing where one is missing or, with `off_peak`, a second is not.
std::optional<__int128> sum_of_prices(const tariff::PriceCurve& curve, Seconds start, Seconds end,
                                      bool off_peak) {
  __int128 sum = 0;
  for (Seconds at = start; at < end;) {
    const tariff::Segment* segment = curve.at(at);
    if (segment == nullptr || !segment->price || (off_peak && !segment->off_peak)) return std::nullopt;
    const Seconds until = std::min(end, segment->end);
    sum += static_cast<__int128>(segment->price->gross) * (until - at);
    at = until;
  }
  return sum;
}

}  // namespace

bool costs_no_more_at(const tariff::PriceCurve& curve, const PlannedJob& job, When when, Seconds now) {
  const bool off_peak = when == When::off_peak;
  const Seconds length = job.end - job.start;
  const auto early = sum_of_prices(curve, now, now + length, off_peak);
  const auto planned = sum_of_prices(curve, job.start, job.end, off_peak);
  const auto first = sum_of_prices(curve, now, now + 1, off_peak);
  const auto planned_first = sum_of_prices(curve, job.start, job.start + 1, off_peak);
  return early && planned && *early <= *planned && *first <= *planned_first;
}

}  // namespace turbodiff::plan
