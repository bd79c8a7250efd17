// The current attempt of a JobRunner.
#pragma once

#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/os/subprocess.h"
#include "runner/job_runner.h"

namespace turbodiff::runner {

/// How often a running attempt records in the store that it is running, and how often it waits until the
/// record is on the disk: the uncertainty about its end that a kill, or a power failure, leaves.
constexpr double alive_interval_s = 1;
constexpr double flush_interval_s = 10;

struct JobRunner::Running {
  store::Attempt attempt;
  store::Job job;
  store::Preset preset;
  Order order;
  std::vector<store::Publication> files;
  std::ofstream log;
  double began_s = 0;
  double seen_s = 0;     ///< when it was last recorded as running
  double flushed_s = 0;  ///< when such a record last waited for the disk
  std::int64_t noted_steps = 0;
  bool resumed = false;
  std::string stage;
  std::optional<WorkerEvent> result;  ///< the event that ended it
  std::optional<core::ExitStatus> exit;
  std::int64_t oom_kills = 0;
  Stop stop = Stop::none;

  void write(std::string_view line) {
    log << line << '\n';
    log.flush();
  }
};

}  // namespace turbodiff::runner
