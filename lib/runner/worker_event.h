// A line that the engine writes about its progress.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace turbodiff::runner {

/// The progress or the result of a generation.
struct WorkerEvent {
  enum class Kind { ready, progress, done, failed };
  /// Duration of each part of a generation, in seconds.
  struct Stages {
    double load = 0, text = 0, denoise = 0, decode = 0, encode = 0;
  };

  Kind kind = Kind::progress;
  std::string id;               ///< of the order; empty for ready
  std::string progress;         ///< "denoise 2/4"; empty for events without progress
  std::int64_t steps_done = 0;  ///< of all denoising, including those of a checkpoint; 0 in other stages
  Stages stages;                ///< of done
  int code = 1;                 ///< of failed, as an exit code
  std::string message;          ///< of failed, with its hint
  bool retry = true;            ///< of failed: whether a retry may succeed
};

/// Nothing for a line that is not an event: it belongs to the log. A field that is missing or of an
/// unexpected type counts as absent, so that no engine can crash the scheduler.
std::optional<WorkerEvent> read_worker_event(std::string_view line);

}  // namespace turbodiff::runner
