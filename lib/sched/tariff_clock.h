// The tariff a daemon goes by, and the price curve from it for now.
#pragma once

#include <functional>
#include <optional>

#include "tariff/price_curve.h"
#include "tariff/tariff.h"

namespace turbodiff::sched {

/// Reads (or fetches) the tariff anew; throws Error.
using TariffLoader = std::function<tariff::Tariff()>;

class TariffClock {
 public:
  explicit TariffClock(TariffLoader load) : load_(std::move(load)), tariff_(load_()) {}

  /// Keeps the tariff in use when the new one is wrong: then throws Error.
  void reload() {
    tariff_ = load_();
    curve_.reset();
  }
  const tariff::Tariff& tariff() const { return tariff_; }
  /// Covers [from - a day, from + horizon], kept while it does.
  const tariff::PriceCurve& curve(tariff::Seconds from, std::int64_t horizon_s);
  /// The end of the off-peak time that holds `instant`; `instant` itself outside of off-peak time.
  tariff::Seconds off_peak_end(tariff::Seconds instant, std::int64_t horizon_s);

 private:
  TariffLoader load_;
  tariff::Tariff tariff_;
  std::optional<tariff::PriceCurve> curve_;
};

}  // namespace turbodiff::sched
