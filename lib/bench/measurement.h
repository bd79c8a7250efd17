// The result of a benchmark, and the timing of one piece of work.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/os/signals.h"
#include "core/os/system_info.h"

namespace turbodiff::bench {

/// One measurement. Times are those of the fastest of several runs.
struct Measurement {
  std::string name;  ///< "DiT step 256x256x17 (1280 tokens)"
  double wall_s = 0;
  double core_s = 0;       ///< user and system time of all threads
  double gflop = 0;        ///< floating-point operations, 10^9; 0 where there are none to speak of
  double peak_gflops = 0;  ///< of a bare matrix product in this type, per core-second; 0 where gflop is
  std::uint64_t peak_rss_bytes = 0;         ///< of the process so far
  std::optional<double> rel_l2 = {};        ///< distance of the result from its reference
  std::optional<double> times_faster = {};  ///< compared with its baseline, by core-seconds

  double gflops() const { return wall_s > 0 ? gflop / wall_s : 0; }
  /// Share of the peak, by core-seconds, so that other load on the machine does not distort it.
  double peak_share() const { return core_s > 0 && peak_gflops > 0 ? gflop / core_s / peak_gflops : 0; }
};

inline double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The fastest of `repeats` runs by core-seconds, after one that does not count where `warm_up` is set. Error
/// interrupted after a signal.
template <typename Work>
Measurement fastest(std::string name, int repeats, bool warm_up, const Work& work) {
  Measurement best;
  best.name = std::move(name);
  for (int i = warm_up ? -1 : 0; i < std::max(1, repeats); ++i) {
    core::throw_if_interrupted();
    const double wall = wall_seconds(), cpu = core::process_cpu_seconds();
    work();
    const double wall_taken = wall_seconds() - wall, cpu_taken = core::process_cpu_seconds() - cpu;
    if (i < 0) continue;
    if (best.core_s == 0 || cpu_taken < best.core_s) {
      best.wall_s = wall_taken;
      best.core_s = cpu_taken;
    }
  }
  best.peak_rss_bytes = core::peak_rss_bytes();
  return best;
}

}  // namespace turbodiff::bench
