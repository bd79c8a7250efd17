// An attempt cut into slices of time, each with its part of energy and money, exactly.
#pragma once

#include <functional>

#include "report/records.h"

namespace turbodiff::report {

/// The part of an attempt or of idle time that lies in [start, end), within one price.
struct Slice {
  Micros start = 0, end = 0;
  const PriceSpan* price = nullptr;  ///< nullptr where none was frozen
  Energy energy;
  Cost cost;
  std::int64_t asap_gross = 0, co2_milligrams = 0;  ///< 0 where unknown
  std::int64_t depreciation = 0, cooling = 0;
};

/// The next instant after `instant` at which slices must be cut; a very late one for none.
using NextBorder = std::function<Micros(Micros instant)>;

/// Cuts an attempt at its changes of price and at `borders`, and calls `visit` in order of time.
///
/// What has come together up to an instant depends on nothing but the instant: energy grows within a sample
/// evenly, money with energy times price, and each running sum is rounded once, half to even. A slice is the
/// difference of two running sums. So slices add up to the attempt to the last microjoule and micro-unit, and
/// however finely it is cut, each stretch of time gets the same. What the bill has beyond energy times price
/// (rounding, energy without a price) follows the energy.
void split(const Attempt& attempt, const Shares& shares, const NextBorder& borders,
           const std::function<void(const Slice&)>& visit);

/// The same for idle time, evenly over it.
void split(const Idle& idle, const Shares& shares, const NextBorder& borders,
           const std::function<void(const Slice&)>& visit);

}  // namespace turbodiff::report
