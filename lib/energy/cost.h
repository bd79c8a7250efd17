// What energy costs when its price changes on the way.
#pragma once

#include <cstdint>

#include "tariff/price_curve.h"

namespace turbodiff::energy {

/// Millionths of the currency unit; gross = net + levies + vat.
struct CostParts {
  std::int64_t gross = 0, net = 0, levies = 0, vat = 0;
  bool complete = true;  ///< false: for part of the time there was no price, and that part is not in the sums
};

/// The integral of the price over the energy of a constant power from `start` for `duration` microseconds
/// (UTC since 1970). Sums are exact and each is rounded once, half to even; vat is what remains.
CostParts cost_of(const tariff::PriceCurve& curve, std::int64_t start, std::int64_t duration,
                  std::int64_t milliwatts);

/// Milliwatts over microseconds as microjoules, rounded half to even.
std::int64_t microjoules_of(std::int64_t milliwatts, std::int64_t microseconds);

}  // namespace turbodiff::energy
