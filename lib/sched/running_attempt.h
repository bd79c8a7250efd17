// The attempt that a JobRunner has under way.
#pragma once

#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/subprocess.h"
#include "sched/job_runner.h"

namespace turbodiff::sched {

/// A running attempt notes in the store so often that it goes on, and so often waits until the note is on the
/// disk: what a kill, or a power cut, leaves open of when it ended.
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
  double seen_s = 0;     ///< when it was last noted that it goes on
  double flushed_s = 0;  ///< when such a note last waited for the disk
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

}  // namespace turbodiff::sched
