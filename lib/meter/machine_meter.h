// The energy of a machine from readings of its meters: a state machine without clocks and threads.
//
// A span is `measured` only if every part that varies with the load was metered: by a plug that powers the
// whole machine, or GPU (where there is one) and processor both by counters or power readings. The other
// components (board, memory, fans) are a constant of the wall model; without a meter for the processor, or
// for a GPU that is present, the span is an estimate.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "energy/sample.h"
#include "meter/counter.h"
#include "meter/nvml.h"
#include "meter/plug.h"
#include "meter/utilisation.h"
#include "meter/wall_model.h"

namespace turbodiff::meter {

struct MachineSettings {
  WallModel wall = {};
  std::size_t gpus = 0;
  bool unmetered_gpu = false;                  ///< the machine has a GPU that is not among them
  std::vector<std::uint64_t> cpu_ranges = {};  ///< of each processor counter; 0: not known
  bool plug = false;
  int cores = 1;  ///< for the processor's model without a counter
};

struct Reading {
  std::vector<GpuReading> gpus;
  std::vector<std::optional<std::uint64_t>> cpu_uj;
  std::optional<CpuTimes> cpu_times;
  std::optional<std::int64_t> host_bytes;
  std::optional<PlugReading> plug;
};

/// Information about a span besides its energy.
struct SpanFacts {
  bool measured = false;
  std::string method;  ///< "nvml-counter+rapl+fixed"
  std::string flags;   ///< comma-separated
  std::int64_t uncertainty_ppm = 0;
  std::optional<std::int64_t> gpu_permille, cpu_permille, gpu_peak_bytes, host_peak_bytes;
};

class MachineMeter {
 public:
  explicit MachineMeter(MachineSettings settings);

  /// A reading at `awake_s`, by a clock that stops while the machine is suspended.
  void feed(double awake_s, const Reading& reading);
  /// Since the first reading; never decreases.
  const energy::EnergyParts& total() const { return total_; }

  /// Information about the span since begin_stretch().
  SpanFacts facts() const;
  /// `job_gpu` is the GPU whose utilisation is reported.
  void begin_stretch(std::size_t job_gpu = 0);
  void raise(const std::string& flag) { flags_.insert(flag); }

 private:
  void feed_gpus(double awake_s, const Reading& reading);
  void feed_cpu(double awake_s, const Reading& reading);
  void feed_rest(double dt_s, const Reading& reading);
  void note_use(double dt_s, const Reading& reading);
  std::set<std::string> all_flags() const;

  MachineSettings settings_;
  std::vector<CounterAccumulator> gpus_, cpus_;
  WallEnergy wall_;
  energy::EnergyParts total_;
  std::optional<double> last_s_;
  energy::EnergyParts before_;  ///< total_ before the current reading
  double model_rest_uj_ = 0;    ///< not yet in total_
  double model_cpu_uj_ = 0;
  double cpu_model_s_ = 0;    ///< since last_cpu_
  double plug_wall_uj_ = 0;   ///< as total_.wall, in fractions
  double plug_inner_uj_ = 0;  ///< the plug's energy behind the power supply
  std::optional<std::int64_t> last_plug_mw_;
  std::optional<CpuTimes> last_cpu_;

  // Of the current span:
  energy::EnergyParts began_;
  std::set<std::string> flags_;
  std::size_t job_gpu_ = 0;
  double gpu_busy_s_ = 0, gpu_seen_s_ = 0;
  std::optional<CpuTimes> first_cpu_;
  std::optional<std::int64_t> gpu_peak_, host_peak_;
  double plug_s_ = 0, seen_s_ = 0;
  std::int64_t plug_uj_ = 0;
  std::optional<std::int64_t> first_plug_counter_, last_plug_counter_;
};

}  // namespace turbodiff::meter
