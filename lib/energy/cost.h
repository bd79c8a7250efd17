// The cost of energy at a varying price.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "energy/sample.h"
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

/// The price of a time span at the time of the attempt, [start, end) in seconds.
struct FrozenPrice {
  std::int64_t start = 0, end = 0;
  std::optional<tariff::Price> price;
  std::optional<std::int64_t> milligram_co2;  ///< per kWh
};

struct EnergyCost {
  CostParts money;
  std::optional<std::int64_t> co2_milligrams;  ///< nullopt unless it is known for all of the energy
};

/// The cost of energy: a function of integers alone, so that a bill can be recomputed from stored data. A
/// sample across a change of price is spread evenly; sums are exact and each is rounded once, half to even;
/// vat is the remainder. `prices` are in order of time and do not overlap.
EnergyCost cost_of(std::span<const Sample> samples, std::span<const FrozenPrice> prices);

/// Milliwatts times microseconds as microjoules, rounded half to even.
std::int64_t microjoules_of(std::int64_t milliwatts, std::int64_t microseconds);

}  // namespace turbodiff::energy
