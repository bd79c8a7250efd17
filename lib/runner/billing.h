// The cost of an attempt: its metered energy at the prices of the time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/log.h"
#include "energy/cost.h"
#include "meter/meter.h"
#include "queue/estimator.h"
#include "queue/tariff_clock.h"
#include "runner/idle_ledger.h"
#include "store/job_store.h"

namespace turbodiff::runner {

struct AttemptBill {
  store::Bill bill;
  std::vector<tariff::Segment> prices;
};

/// Without a live meter attempts are billed by the model of the estimator, labelled `estimate`.
class Billing {
 public:
  /// `meter` may be null.
  Billing(store::JobStore& store, std::int64_t epoch, queue::TariffClock& tariff, queue::Estimator& estimator,
          meter::Meter* meter, core::Log& log);

  /// Begins the bill of a job; `device` as requested. Returns the meter's start time where there is a meter.
  std::optional<store::Micros> begin(const std::string& device);
  /// Cancels the bill: the job has not started after all, and its time was idle.
  void call_off();
  void watch(std::int64_t process);
  /// Records that the attempt is running, with the meter's data so far.
  void note_alive(const store::Attempt& attempt, std::int64_t microseconds, bool flush);
  /// `microseconds` since the start by the monotonic clock; the meter uses its own.
  AttemptBill end(const store::Attempt& attempt, const store::Job& job, std::int64_t microseconds);
  /// The bill of an attempt that another runner has abandoned: what was metered until it was last seen, and
  /// the same power until `latest_end`, which is flagged.
  AttemptBill of_abandoned(const store::Attempt& attempt, const store::Job& job, store::Micros latest_end);
  /// When this process began to meter the current idle time; nothing without a meter.
  std::optional<store::Micros> idle_since() const;

  IdleLedger& idle() { return idle_; }

 private:
  AttemptBill priced(store::Bill bill, const store::Attempt& attempt, const store::Job& job,
                     std::vector<energy::Sample> samples, bool complete);
  std::optional<std::int64_t> asap_gross(const store::Attempt& attempt, const store::Job& job,
                                         std::vector<energy::Sample> samples) const;
  bool is_metered() const { return meter_ != nullptr && meter_->is_live(); }
  /// Samples of the whole machine at the estimator's watts.
  std::vector<energy::Sample> modelled(const std::string& device, store::Micros start,
                                       std::int64_t microseconds) const;

  store::JobStore& store_;
  std::int64_t epoch_;
  queue::TariffClock& tariff_;
  queue::Estimator& estimator_;
  meter::Meter* meter_;
  IdleLedger idle_;
  std::string gpu_;
  store::Micros saved_until_ = 0;  ///< samples of the running attempt that end by then are in the store
};

/// Recomputes a stored bill from its samples and prices.
energy::EnergyCost bill_again(const store::Attempt& attempt, const std::vector<tariff::Segment>& prices,
                              const std::vector<energy::Sample>& samples);

}  // namespace turbodiff::runner
