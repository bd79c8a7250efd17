#include "meter/wall_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace turbodiff::meter {
namespace {

constexpr double least_difference_w = 10;
constexpr double least_efficiency = 0.5;

}  // namespace

WallEnergy::WallEnergy(const WallModel& model)
    : cooling_ppm_(std::llround(model.cooling * 1e6)),
      efficiency_ppm_(std::max<std::int64_t>(1, std::llround(model.psu_efficiency * 1e6))) {}

std::int64_t WallEnergy::of(std::int64_t inner_uj) {
  remainder_ += static_cast<__int128>(inner_uj) * cooling_ppm_;
  const auto whole = static_cast<std::int64_t>(remainder_ / efficiency_ppm_);
  remainder_ -= static_cast<__int128>(whole) * efficiency_ppm_;
  return whole;
}

WallModel calibrate(const CalibrationPoint& idle, const CalibrationPoint& load) {
  const double inner = load.inner_w - idle.inner_w, wall = load.wall_w - idle.wall_w;
  if (inner < least_difference_w || wall < least_difference_w)
    throw Error::bad_request(
        fmt::format("idle and load are only {:.1f} W apart inside and {:.1f} W at the wall", inner, wall),
        "load the machine more, and read the wall meter while it runs");
  WallModel model;
  model.psu_efficiency = inner / wall;
  if (model.psu_efficiency < least_efficiency || model.psu_efficiency > 1)
    throw Error::bad_request(
        fmt::format("{:.1f} W more inside and {:.1f} W more at the wall make an efficiency of {:.2f}", inner,
                    wall, model.psu_efficiency),
        "check that the wall meter has this machine alone, and that GPU and CPU are both metered");
  model.rest_watts = std::max(0.0, idle.wall_w * model.psu_efficiency - idle.inner_w);
  model.calibrated = true;
  return model;
}

}  // namespace turbodiff::meter
