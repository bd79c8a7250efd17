// Splits an attempt into slices of time, each with its exact part of energy and money.
#pragma once

#include <functional>

#include "report/records.h"

namespace turbodiff::report {

/// The part of an attempt or of idle time that is in [start, end), within one price.
struct Slice {
  Micros start = 0, end = 0;
  const tariff::Segment* price = nullptr;  ///< nullptr where none was frozen
  energy::EnergyParts energy;
  energy::Cost cost;
  std::int64_t asap_gross = 0, co2_milligrams = 0;  ///< 0 where unknown
  std::int64_t depreciation = 0, cooling = 0;
};

/// The next instant after `instant` at which slices must end; `never` for none.
using NextBorder = std::function<Micros(Micros instant)>;

/// Splits an attempt at its changes of price and at `borders`, and calls `visit` in order of time. The
/// running sums up to an instant depend on the instant alone: energy grows evenly within a sample, money with
/// energy times price, and each running sum is rounded once, half to even. A slice is the difference of two
/// running sums. So slices add up to the attempt to the last microjoule and micro-unit, and each span of time
/// gets the same however finely the attempt is split. What the bill contains beyond energy times price
/// (rounding, energy without a price) is distributed by energy.
void split(const Attempt& attempt, const Shares& shares, const NextBorder& borders,
           const std::function<void(const Slice&)>& visit);

/// The same for idle time, evenly distributed.
void split(const Idle& idle, const Shares& shares, const NextBorder& borders,
           const std::function<void(const Slice&)>& visit);

}  // namespace turbodiff::report
