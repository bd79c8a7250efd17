// Energy of the time between jobs, recorded separately from them.
#pragma once

#include <cstdint>
#include <vector>

#include "core/log.h"
#include "energy/cost.h"
#include "meter/meter.h"
#include "queue/tariff_clock.h"
#include "store/job_store.h"

namespace turbodiff::runner {

class IdleLedger {
 public:
  IdleLedger(store::JobStore& store, std::int64_t epoch, queue::TariffClock& tariff, core::Log& log)
      : store_(store), epoch_(epoch), tariff_(tariff), log_(log) {}

  /// Records an idle span at the current prices. A row ends with its price and with the hour.
  void book(const meter::Span& span);
  /// Writes the complete rows; `all`: also the row that still grows. If the store cannot be written to now,
  /// that is logged and tried again the next time.
  void write(bool all);

 private:
  store::JobStore& store_;
  std::int64_t epoch_;
  queue::TariffClock& tariff_;
  core::Log& log_;
  std::vector<store::IdleEnergy> rows_;
};

/// Recomputes the cost of a row's energy at its price.
energy::EnergyCost idle_again(const store::IdleEnergy& row);

}  // namespace turbodiff::runner
