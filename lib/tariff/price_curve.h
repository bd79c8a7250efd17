// What a kilowatt-hour costs over time, as a step function of UTC seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace turbodiff::tariff {

/// Seconds since 1970-01-01T00:00:00Z.
using Seconds = std::int64_t;
/// 1e-9 of the currency unit for one kWh.
using NanoPrice = std::int64_t;

/// What one kWh costs. `gross` is rounded once, half to even; the parts are rounded on their own, and
/// gross = net + levies + vat.
struct Price {
  NanoPrice gross = 0;   ///< what is paid
  NanoPrice net = 0;     ///< the energy itself, before adders
  NanoPrice levies = 0;  ///< adders per kWh
  NanoPrice vat = 0;
  bool operator==(const Price&) const = default;
};

/// [start, end) with one price.
struct Segment {
  Seconds start = 0;
  Seconds end = 0;
  std::optional<std::string> rate;            ///< the rate's name; nothing in a series
  std::optional<Price> price;                 ///< nothing where the series has no row and no fallback
  bool off_peak = false;                      ///< jobs that ask for off-peak may run here
  bool fallback = false;                      ///< the price is the tariff's fallback
  std::optional<std::int64_t> milligram_co2;  ///< per kWh
  bool operator==(const Segment&) const = default;
};

/// Segments in order of time, without gaps or overlaps, covering the requested span.
class PriceCurve {
 public:
  PriceCurve() = default;
  /// Error work_failed unless the segments are contiguous.
  explicit PriceCurve(std::vector<Segment> segments);

  const std::vector<Segment>& segments() const { return segments_; }
  bool empty() const { return segments_.empty(); }
  /// The start of the first segment; 0 when empty.
  Seconds start() const { return segments_.empty() ? 0 : segments_.front().start; }
  /// The end of the last segment; 0 when empty.
  Seconds end() const { return segments_.empty() ? 0 : segments_.back().end; }
  /// The segment that contains `instant`, nullptr outside of the curve. O(log n).
  const Segment* at(Seconds instant) const;

 private:
  std::vector<Segment> segments_;
};

}  // namespace turbodiff::tariff
