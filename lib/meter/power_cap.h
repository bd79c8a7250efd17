// The power limit of GPUs, lowered temporarily and restored in all cases.
//
// Before a limit is changed, the current one is written to a file that is flushed to the disk; the file is
// removed once the limit is restored. A process that finds the file at its start restores the limit first, so
// that not even kill -9 or a power failure between two writes leaves a GPU limited.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "meter/nvml.h"

namespace turbodiff::meter {

class PowerCap {
 public:
  PowerCap(Nvml& nvml, std::filesystem::path state_file);
  /// As restore(); a failure is left to the next start.
  ~PowerCap();
  PowerCap(const PowerCap&) = delete;
  PowerCap& operator=(const PowerCap&) = delete;

  /// Limits all GPUs, within what each allows; another call moves the limit. Error bad_request when a GPU has
  /// no limit that can be set, refused without permission.
  void apply(std::int64_t milliwatts);
  /// Restores what this or an earlier process has changed. Returns the problem, or an empty text.
  std::string restore();

 private:
  void remember();
  Nvml& nvml_;
  std::filesystem::path file_;
};

/// The result of a short run under a power limit.
struct CapPoint {
  std::int64_t cap_mw = 0;
  double seconds = 0;
  double gpu_watts = 0;
};

/// The limit with the lowest cost for work that takes `seconds` under the first point, the default limit;
/// limits that slow it down by more than `max_slowdown` (1.1: a tenth) are skipped. `cost` returns the cost
/// of a run of a number of seconds at a number of watts of the GPU from now on, including hours that move
/// into more expensive ones. Ties go to the higher limit. `points` must not be empty.
CapPoint choose_cap(const std::vector<CapPoint>& points, double max_slowdown, double seconds,
                    const std::function<double(double seconds, double gpu_watts)>& cost);

}  // namespace turbodiff::meter
