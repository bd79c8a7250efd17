// What an attempt has cost: what its meter saw, at the prices as they were.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/log.h"
#include "energy/cost.h"
#include "energy/meter.h"
#include "sched/estimator.h"
#include "sched/idle_ledger.h"
#include "sched/tariff_clock.h"
#include "store/job_store.h"

namespace turbodiff::sched {

struct AttemptBill {
  store::Bill bill;
  std::vector<store::PriceSnapshot> prices;
};

/// Without a live meter attempts are billed by the model of the estimator, labelled `estimate`.
class Billing {
 public:
  /// `meter` may be null.
  Billing(store::JobStore& store, std::int64_t epoch, TariffClock& tariff, Estimator& estimator,
          energy::Meter* meter, core::Log& log);

  /// A job begins now; `device` as it was asked for. When that is by the meter, where there is one.
  std::optional<store::Micros> begin(const std::string& device);
  /// The job has not begun after all: its time was idle.
  void call_off();
  void watch(std::int64_t process);
  /// Notes that the attempt goes on, with what the meter has seen so far.
  void note_alive(const store::Attempt& attempt, std::int64_t microseconds, bool flush);
  /// `microseconds` since the start by the monotonic clock; the meter knows its own.
  AttemptBill end(const store::Attempt& attempt, const store::Job& job, std::int64_t microseconds);
  /// Of an attempt that another runner has left behind: what was metered until it was last seen, and as much
  /// power as before until `latest_end`, which is flagged.
  AttemptBill of_abandoned(const store::Attempt& attempt, const store::Job& job, store::Micros latest_end);
  /// Since when the time without a job is metered by this process; nothing without a meter.
  std::optional<store::Micros> idle_since() const;

  IdleLedger& idle() { return idle_; }

 private:
  AttemptBill priced(store::Bill bill, const store::Attempt& attempt, const store::Job& job,
                     std::vector<energy::Sample> samples, bool complete);
  std::optional<std::int64_t> asap_gross(const store::Attempt& attempt, const store::Job& job,
                                         std::vector<energy::Sample> samples) const;
  bool is_metered() const { return meter_ != nullptr && meter_->is_live(); }
  /// The whole machine at the estimator's watts.
  std::vector<energy::Sample> modelled(const std::string& device, store::Micros start,
                                       std::int64_t microseconds) const;

  store::JobStore& store_;
  std::int64_t epoch_;
  TariffClock& tariff_;
  Estimator& estimator_;
  energy::Meter* meter_;
  IdleLedger idle_;
  std::string gpu_;
  store::Micros saved_until_ = 0;  ///< samples of the running attempt that end by then are in the store
};

/// What a kept bill comes to when it is made again from its samples and prices.
energy::EnergyCost bill_again(const store::Attempt& attempt, const std::vector<store::PriceSnapshot>& prices,
                              const std::vector<store::EnergySample>& samples);

}  // namespace turbodiff::sched
