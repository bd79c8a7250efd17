#include "energy/cost.h"

#include <algorithm>

#include "core/units.h"

namespace turbodiff::energy {
namespace {

constexpr std::int64_t a_second = 1'000'000;
// nano-price per kWh x mW x us -> micro-units: 1e-9 / (1e3 x 1e6 x 3600 x 1e3) x 1e6
constexpr __int128 per_micro_unit = static_cast<__int128>(3'600'000'000'000) * 1'000'000;

}  // namespace

CostParts cost_of(const tariff::PriceCurve& curve, std::int64_t start, std::int64_t duration,
                  std::int64_t milliwatts) {
  CostParts parts;
  __int128 gross = 0, net = 0, levies = 0;
  const std::int64_t end = start + duration;
  std::int64_t priced = 0;
  for (const tariff::Segment& segment : curve.segments()) {
    const std::int64_t overlap =
        std::min(end, segment.end * a_second) - std::max(start, segment.start * a_second);
    if (overlap <= 0 || !segment.price) continue;
    priced += overlap;
    const __int128 energy = static_cast<__int128>(milliwatts) * overlap;
    gross += energy * segment.price->gross;
    net += energy * segment.price->net;
    levies += energy * segment.price->levies;
  }
  parts.gross = core::divide_half_even(gross, per_micro_unit);
  parts.net = core::divide_half_even(net, per_micro_unit);
  parts.levies = core::divide_half_even(levies, per_micro_unit);
  parts.vat = parts.gross - parts.net - parts.levies;
  parts.complete = priced == duration;
  return parts;
}

std::int64_t microjoules_of(std::int64_t milliwatts, std::int64_t microseconds) {
  return core::divide_half_even(static_cast<__int128>(milliwatts) * microseconds, 1000);
}

}  // namespace turbodiff::energy
