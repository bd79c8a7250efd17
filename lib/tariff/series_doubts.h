// Detects implausible parts of a series of prices.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tariff/tariff.h"

namespace turbodiff::tariff {

struct SeriesDoubts {
  std::vector<Finding> findings;  ///< `action` and `where` are set by the caller
  std::vector<std::size_t> rows;  ///< the rows they are about, in order
};

/// Known faults of price feeds. A price of 0 is none of them: power is free at times.
///   zero-run      | every row of a day is exactly 0, or the last four or more rows of the series are:
///                 | placeholders for prices that are not known yet
///   shifted-day   | a day of 23 or 25 hours with such zeros, or with another number of rows than the day has
///                 | intervals: every row after the change of the clock may stand an hour off
SeriesDoubts doubts_of(const Series& series, const LocalZone& zone);

/// Why the prices cannot be in units of the currency per kWh, but must be per MWh, or in pence, cents or
/// oere: the middle one of them is above what a kWh costs anywhere in that currency, or above 20 times the
/// fallback.
std::optional<std::string> wrong_unit(const Series& series, const std::optional<Decimal>& fallback,
                                      const std::string& currency);

/// The same of a single price, as a file of rates has it.
std::optional<std::string> wrong_unit(const Decimal& price, const std::string& currency);

}  // namespace turbodiff::tariff
