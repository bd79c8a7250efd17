// What of a series of prices is not to be believed.
#pragma once

#include <cstddef>
#include <vector>

#include "tariff/tariff.h"

namespace turbodiff::tariff {

struct SeriesDoubts {
  std::vector<Finding> findings;  ///< `action` and `where` are left to the caller
  std::vector<std::size_t> rows;  ///< the rows they are about, in order
};

/// Known faults of price feeds:
///   zero-run      | four or more prices of exactly 0 in a row: placeholders for what is not known yet, and
///                 | what some sources send for the hour that the clock repeats in autumn
///   shifted-day   | a day of 23 or 25 hours with such zeros, or with another number of rows than the day has
///                 | intervals: every row after the change of the clock may stand an hour off
SeriesDoubts doubts_of(const Series& series, const LocalZone& zone);

/// Whether the prices look like those of a MWh: more than 50 times the fallback, or, without one, more than 5
/// in EUR, GBP, USD or CHF, in the middle of all.
bool looks_like_mwh(const Series& series, const std::optional<Decimal>& fallback,
                    const std::string& currency);

}  // namespace turbodiff::tariff
