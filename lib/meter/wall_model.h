// From what is metered inside a machine to what it draws at the wall:
//   wall = (gpu + cpu + rest) / psu_efficiency x cooling
#pragma once

#include <cstdint>

namespace turbodiff::meter {

struct WallModel {
  double psu_efficiency = 0.9;  ///< of the power supply, above 0
  double rest_watts = 30;       ///< board, memory, disks, fans: all but GPU and CPU
  double cooling = 1;           ///< watts including cooling for each watt at the wall: 1 without
  bool calibrated = false;      ///< the first two were set by the user
};

/// Converts increments of inner energy into increments at the wall, so that their sums agree to a microjoule.
class WallEnergy {
 public:
  explicit WallEnergy(const WallModel& model);
  std::int64_t of(std::int64_t inner_uj);

 private:
  std::int64_t cooling_ppm_, efficiency_ppm_;
  __int128 remainder_ = 0;
};

/// Mean watts over a time span: of GPU and CPU together as metered, and at the wall.
struct CalibrationPoint {
  double inner_w = 0, wall_w = 0;
};

/// The model that fits an idle and a loaded machine exactly; `cooling` is not part of what the wall meter
/// measures. Error bad_request when the points are too close to each other or give an efficiency outside 0.5
/// to 1.
WallModel calibrate(const CalibrationPoint& idle, const CalibrationPoint& load);

}  // namespace turbodiff::meter
