// Progress of long work: the pipeline reports stages and steps, a sink shows them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace turbodiff::core {

enum class ProgressPhase { begin, update, end };

/// One progress event. Times are -1 while they are unknown.
struct ProgressEvent {
  ProgressPhase phase = ProgressPhase::update;
  std::string stage;               ///< "load", "text", "denoise", "decode", "encode"
  std::int64_t step = 0;           ///< steps done, 0..steps
  std::int64_t steps = 0;          ///< 0 when the number is unknown
  std::int64_t earlier_steps = 0;  ///< of this kind of stage that earlier samples have done
  double fraction = 0;             ///< of this stage, 0..1
  double elapsed_s = 0;            ///< since the stage began
  double seconds_per_step = -1;    ///< mean over the steps done
  double eta_s = -1;               ///< until the stage ends
  std::string detail;              ///< free text such as "sample 2 of 3"
};

class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  virtual void report(const ProgressEvent& event) = 0;
};

/// Ignores all events.
class SilentProgress final : public ProgressSink {
 public:
  void report(const ProgressEvent&) override {}
};

/// Passes each event to a function.
class CallbackProgress final : public ProgressSink {
 public:
  explicit CallbackProgress(std::function<void(const ProgressEvent&)> callback)
      : callback_(std::move(callback)) {}
  void report(const ProgressEvent& event) override { callback_(event); }

 private:
  std::function<void(const ProgressEvent&)> callback_;
};

/// Called by the pipeline: turns begin/update/end into events with times, and keeps each stage's seconds. Not
/// thread-safe. `sink` and `clock` must outlive it.
class ProgressTracker {
 public:
  ProgressTracker(ProgressSink& sink, const Clock& clock) : sink_(sink), clock_(clock) {}

  /// Starts a stage of `steps` steps (0 = unknown) after `earlier_steps` of the same kind; ends the one
  /// before if it is still open.
  void begin(std::string_view stage, std::int64_t steps, std::string_view detail = {},
             std::int64_t earlier_steps = 0);
  /// `step` steps are done, and `part` (0 to 1) of the next. Error interrupted after a signal, so that every
  /// report is a point of interruption.
  void update(std::int64_t step, double part = 0);
  /// Ends the stage, if one is open.
  void end();

  /// Seconds spent in a stage so far, all its begin/end pairs together; 0 for one that never began.
  double seconds(std::string_view stage) const;

 private:
  void emit(ProgressPhase phase);
  ProgressSink& sink_;
  const Clock& clock_;
  bool open_ = false;
  double began_s_ = 0;
  double part_ = 0;  // of the current step
  ProgressEvent current_;
  std::map<std::string, double, std::less<>> seconds_;
};

/// A stage for the duration of a scope; it also ends when an exception passes.
class ProgressStage {
 public:
  ProgressStage(ProgressTracker& tracker, std::string_view stage, std::int64_t steps,
                std::string_view detail = {}, std::int64_t earlier_steps = 0)
      : tracker_(tracker) {
    tracker_.begin(stage, steps, detail, earlier_steps);
  }
  ~ProgressStage() { tracker_.end(); }
  ProgressStage(const ProgressStage&) = delete;
  ProgressStage& operator=(const ProgressStage&) = delete;
  void update(std::int64_t step, double part = 0) { tracker_.update(step, part); }

 private:
  ProgressTracker& tracker_;
};

}  // namespace turbodiff::core
