// A line that the engine writes while it works.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace turbodiff::sched {

/// How an attempt ended, or how far it is.
struct WorkerEvent {
  enum class Kind { ready, progress, done, failed };
  /// Seconds that the parts of a generation took.
  struct Stages {
    double load = 0, text = 0, denoise = 0, decode = 0, encode = 0;
  };

  Kind kind = Kind::progress;
  std::string id;               ///< of the order; empty with ready
  std::string progress;         ///< "denoise 2/4"; empty when it says nothing
  std::int64_t steps_done = 0;  ///< of all denoising, with what a checkpoint had; 0 in other stages
  Stages stages;                ///< of done
  int code = 1;                 ///< of failed, as an exit code
  std::string message;          ///< of failed, with its hint
  bool retry = true;            ///< of failed: the same may go better later
};

/// Nothing for a line that is no event: it belongs into the log. A field that is missing or of another type
/// than expected counts as not there, so that no engine can bring the scheduler down.
std::optional<WorkerEvent> read_worker_event(std::string_view line);

}  // namespace turbodiff::sched
