// The calendar periods of a report: hours, days, months on the wall clock of a zone.
#pragma once

#include <string>

#include "report/records.h"
#include "tariff/local_zone.h"

namespace turbodiff::report {

enum class PeriodUnit { minute, ten_minutes, hour, day, month };

/// [start, end) in seconds UTC. A repeated hour of autumn is two periods, distinguished by their offsets.
struct Period {
  Seconds start = 0, end = 0;
  std::string label;  ///< "2026-11-25", "2026-11", "2026-11-25 22:00"
};

/// Finds the period of an instant; caches the last one, as instants mostly come in order.
class Periods {
 public:
  Periods(tariff::LocalZone zone, PeriodUnit unit);
  const Period& at(Micros instant);
  PeriodUnit unit() const { return unit_; }

 private:
  Period find(Seconds instant) const;
  Period clock_step(Seconds instant, Seconds step) const;
  tariff::LocalZone zone_;
  PeriodUnit unit_;
  Period last_;
};

}  // namespace turbodiff::report
