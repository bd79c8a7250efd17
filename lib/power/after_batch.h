// The action after a batch of jobs, called by the loop that runs the jobs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "power/shutdown_policy.h"

namespace turbodiff::power {

/// The state of the loop when no job is due.
struct BatchState {
  std::int64_t now = 0;      ///< seconds, UTC
  bool finished = false;     ///< no job is left to run now: the loop would end, or sleep until the next start
  int done = 0, failed = 0;  ///< jobs since the loop began
  QueueFacts queue = {};
};

class AfterBatch {
 public:
  virtual ~AfterBatch() = default;
  /// Called whenever no job is due. Returns when it must be called again at the latest (seconds, UTC);
  /// nothing when there is nothing to wait for. Throws nothing: errors are logged, and stored in problem().
  virtual std::optional<std::int64_t> look(const BatchState& batch) = 0;
  /// A job is about to start.
  virtual void job_starts() {}
  /// The loop ends because of a signal: most likely the machine is being switched off by another process.
  virtual void stopping(const BatchState&) {}
  /// Readable when look() should be called: for poll(2). -1: there is none.
  virtual int fd() const { return -1; }

  /// The last problem; empty: none.
  const std::string& problem() const { return problem_; }

 protected:
  std::string problem_;
};

}  // namespace turbodiff::power
