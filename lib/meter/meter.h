// The meter of a running program: reads the probes many times a second while a job runs and rarely otherwise.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "meter/machine_meter.h"
#include "meter/nvml.h"
#include "meter/plug.h"
#include "meter/rapl.h"

namespace turbodiff::meter {

struct MeterOptions {
  WallModel wall;
  bool gpu = true, cpu = true;
  std::vector<std::size_t> gpus;  ///< NVML's numbers; empty: all
  std::string nvml_library = "libnvidia-ml.so.1";
  std::filesystem::path powercap = "/sys/class/powercap";
  std::filesystem::path proc = "/proc";
  std::optional<PlugType> plug_type;
  std::string plug_url;
  Plug::Fetch fetch;  ///< needed with a plug
  bool machine_has_gpu = false;
  int cores = 1;
  double interval_s = 0.05;  ///< between readings while a job runs; 0: only when tick() is called
  /// A clock in seconds that stops while the machine is suspended; empty: CLOCK_MONOTONIC.
  std::function<double()> awake_s;
};

/// One line of `turbodiff-sched energy show`.
struct SourceStatus {
  std::string name;  ///< "nvml", "rapl", "plug", "model"
  bool live = false;
  std::string what;  ///< what is read, or why nothing is read and what to do
};

/// The energy of a time span.
struct Span {
  std::int64_t start = 0, end = 0;  ///< microseconds since 1970
  energy::EnergyParts energy;
  std::vector<energy::Sample> samples;  ///< one per second for a job, one for idle time
  SpanFacts facts;
};

/// Any thread may call, one at a time. Spans are contiguous, so that jobs and idle time add up to the
/// machine's energy.
class Meter {
 public:
  Meter(MeterOptions options, const core::Clock& clock);
  ~Meter();
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  /// Whether anything is metered; otherwise the other calls measure nothing.
  bool is_live() const;
  std::vector<SourceStatus> sources() const;
  /// Name of GPU `index` as metered; "" when there is none.
  std::string gpu_name(std::size_t index) const;
  /// Idle time must be read this often, so that no counter wraps unnoticed.
  double idle_interval_s() const { return idle_interval_s_; }

  /// Ends the idle span, which is returned, and begins that of a job on `gpu`.
  Span begin_job(std::size_t gpu);
  /// When the current span began, microseconds since 1970.
  std::int64_t span_start();
  /// The process whose memory, with its children's, is the job's.
  void watch(pid_t process);
  /// The running job so far; its last sample may be the first part of a second.
  Span job_so_far();
  /// Ends the job's span and begins one of idle time.
  Span end_job();
  /// Ends the idle span and begins another.
  Span end_idle();
  /// Reads the probes now.
  void tick();
  energy::EnergyParts total();

 private:
  struct Probes;
  Reading read(bool border);
  void tick_locked(bool border);
  void begin_span(std::int64_t start, std::size_t gpu);
  Span span_locked();
  Span end_span();
  std::int64_t next_start(const Span& ended) const;
  void sample_loop();
  void plug_loop();
  void start_threads();
  void stop_threads();

  MeterOptions options_;
  const core::Clock& clock_;
  std::unique_ptr<Probes> probes_;
  double idle_interval_s_ = 300;

  std::mutex mutex_;
  std::unique_ptr<MachineMeter> machine_;
  bool in_job_ = false;
  double tick_s_ = 0, tick_awake_s_ = 0;  ///< of the newest reading
  std::int64_t tick_wall_ = 0;
  pid_t process_ = 0;
  double slow_read_s_ = -1e9;
  std::optional<PlugReading> plug_;
  double plug_read_s_ = -1e9;
  bool plug_thread_ = false;  ///< the plug is read by its own thread now

  // The current span: times in microseconds, from its start.
  std::int64_t span_start_ = 0;
  double span_start_s_ = 0;
  energy::EnergyParts span_began_, row_began_, last_total_;
  std::int64_t row_start_us_ = 0, last_us_ = 0;
  std::vector<energy::Sample> rows_;

  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread sampler_, plug_reader_;
};

}  // namespace turbodiff::meter
