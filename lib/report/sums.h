// The sums of slices.
#pragma once

#include <optional>

#include "report/split.h"

namespace turbodiff::report {

/// A mean weighted by time, in permille.
struct MeanPermille {
  __int128 weighted = 0;
  Micros over = 0;  ///< the time for which it is known
  void add(const std::optional<std::int64_t>& permille, Micros time);
  void add(const MeanPermille& other);
  std::optional<double> fraction() const;
};

/// Integers throughout, so that sums of rows equal the total exactly.
struct Sums {
  std::int64_t attempts = 0, failed_attempts = 0;
  Micros time = 0;
  energy::EnergyParts energy;
  std::int64_t parts_wall = 0;      ///< the energy whose parts are known
  std::int64_t estimated_wall = 0;  ///< the energy that was not measured
  std::int64_t off_peak_wall = 0;   ///< the energy drawn in off-peak hours
  energy::Cost cost;
  bool complete = true;
  Micros waste_time = 0;
  std::int64_t waste_wall = 0, waste_gross = 0;  ///< of attempts without a result
  /// The cost of attempts whose price if run at once is known, and that price.
  std::int64_t compared_gross = 0, asap_gross = 0;
  bool has_asap = false;
  std::int64_t co2_milligrams = 0;
  bool has_co2 = false;
  std::int64_t depreciation = 0, cooling = 0;
  MeanPermille gpu, cpu;
  std::int64_t gpu_peak_bytes = 0, host_peak_bytes = 0;
  __int128 uncertainty = 0;           ///< microjoules x ppm
  std::int64_t uncertainty_wall = 0;  ///< the energy whose uncertainty is known

  /// `counted` is whether the attempt was counted here before.
  void add(const Attempt& attempt, const Slice& slice, bool wasted, bool counted);
  void add(const Idle& idle, const Slice& slice);
  void add(const Sums& other);

  std::int64_t saving() const { return asap_gross - compared_gross; }
  /// Electricity, depreciation and cooling together.
  std::int64_t whole() const { return cost.gross.micro() + depreciation + cooling; }
  std::optional<double> uncertainty_fraction() const;
  /// "measured" only where all energy was measured.
  bool measured() const { return estimated_wall == 0; }
};

}  // namespace turbodiff::report
