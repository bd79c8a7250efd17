// The tariff of a daemon, and its price curve from now on.
#pragma once

#include <functional>
#include <optional>

#include "core/os/file_watch.h"
#include "tariff/price_curve.h"
#include "tariff/tariff.h"

namespace turbodiff::queue {

/// Reads (or fetches) the tariff again; throws Error.
using TariffLoader = std::function<tariff::Tariff()>;

class TariffClock {
 public:
  explicit TariffClock(TariffLoader load) : load_(std::move(load)), tariff_(load_()) { watch_files(); }

  /// Keeps the current tariff when the new one is invalid: then throws Error.
  void reload() {
    tariff_ = load_();
    curve_.reset();
    watch_files();
  }
  /// The files of prices that the tariff names: whether one has changed since it was read, or since the last
  /// call.
  bool files_changed() { return files_.changed(); }
  const core::FileWatch& files() const { return files_; }
  const tariff::Tariff& tariff() const { return tariff_; }
  /// Covers [from - a day, from + horizon]; cached while it does.
  const tariff::PriceCurve& curve(tariff::Seconds from, std::int64_t horizon_s);
  /// The end of the off-peak time that contains `instant`; `instant` itself outside of off-peak time.
  tariff::Seconds off_peak_end(tariff::Seconds instant, std::int64_t horizon_s);

 private:
  void watch_files();

  TariffLoader load_;
  tariff::Tariff tariff_;
  std::optional<tariff::PriceCurve> curve_;
  core::FileWatch files_;
};

}  // namespace turbodiff::queue
