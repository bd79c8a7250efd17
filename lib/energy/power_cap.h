// The power limit of GPUs, lowered for a while and put back whatever happens.
//
// Before a limit is changed, the one in force is written to a file that is flushed to the disk; it is removed
// once the limit is back. Whoever finds the file at the next start puts the limit back first, so that not
// even kill -9 or a power cut between two writes leaves a GPU capped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "energy/nvml.h"

namespace turbodiff::energy {

class PowerCap {
 public:
  PowerCap(Nvml& nvml, std::filesystem::path state_file);
  /// As restore(); what goes wrong is left to the next start.
  ~PowerCap();
  PowerCap(const PowerCap&) = delete;
  PowerCap& operator=(const PowerCap&) = delete;

  /// Caps all GPUs, within what each allows; again with another value moves the cap. Error bad_request when a
  /// GPU has no limit to set, refused without the permission.
  void apply(std::int64_t milliwatts);
  /// Puts back what this or an earlier process has changed. What is wrong, or empty.
  std::string restore();

 private:
  void remember();
  Nvml& nvml_;
  std::filesystem::path file_;
};

/// What a short run took under a cap.
struct CapPoint {
  std::int64_t cap_mw = 0;
  double seconds = 0;
  double gpu_watts = 0;
};

/// The cap with the least money for work that takes `seconds` under the first point, the uncapped one; caps
/// that slow it down by more than `max_slowdown` (1.1: a tenth) are left out. `cost` says what a run of so
/// many seconds at so many watts of the GPU costs from now on, hours that slip into dearer ones with it. Ties
/// go to the higher cap. `points` must not be empty.
CapPoint choose_cap(const std::vector<CapPoint>& points, double max_slowdown, double seconds,
                    const std::function<double(double seconds, double gpu_watts)>& cost);

}  // namespace turbodiff::energy
