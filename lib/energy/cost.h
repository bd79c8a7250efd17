// The cost of energy at a varying price.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/units.h"
#include "energy/sample.h"
#include "tariff/price_curve.h"

namespace turbodiff::energy {

/// What energy costs; gross = net + levies + vat.
struct Cost {
  core::Money gross, net, levies, vat;
  Cost& operator+=(const Cost& other);
  friend Cost operator-(const Cost& a, const Cost& b) {
    return {a.gross - b.gross, a.net - b.net, a.levies - b.levies, a.vat - b.vat};
  }
  bool operator==(const Cost&) const = default;
};

inline constexpr __int128 milliwatt_seconds_per_kwh = 3'600'000'000;
inline constexpr __int128 microjoules_per_kwh = 3'600'000'000'000;

/// Energy times price, summed exactly by parts until it is rounded. The unit of energy is the caller's.
struct ExactCost {
  __int128 gross = 0, net = 0, levies = 0;
  void add(__int128 energy, const tariff::Price& price);
  ExactCost& operator+=(const ExactCost& other);
  /// Each part rounded once, half to even; vat is what remains. `per_kwh`: units of energy in a kWh.
  Cost rounded(__int128 per_kwh) const;
};

struct EnergyCost {
  Cost money;
  bool complete =
      true;  ///< false: for part of the energy there was no price, and that part is not in the sums
  std::optional<std::int64_t> co2_milligrams = {};  ///< nullopt unless it is known for all of the energy
};

/// The integral of the price over the energy of a constant power from `start` for `duration` microseconds
/// (UTC since 1970), as ExactCost rounds.
EnergyCost cost_of(const tariff::PriceCurve& curve, std::int64_t start, std::int64_t duration,
                   std::int64_t milliwatts);

/// The cost of energy: a function of integers alone, so that a bill can be recomputed from stored data. A
/// sample across a change of price is spread evenly. `prices` are in order of time and do not overlap.
EnergyCost cost_of(std::span<const Sample> samples, std::span<const tariff::Segment> prices);

/// The cost of `microjoules` at one price.
Cost cost_at(std::int64_t microjoules, const tariff::Price& price);

/// Milliwatts times microseconds as microjoules, rounded half to even.
std::int64_t microjoules_of(std::int64_t milliwatts, std::int64_t microseconds);

}  // namespace turbodiff::energy
