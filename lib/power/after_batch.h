// What is done once a batch of jobs is finished, told to the loop that runs the jobs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "power/shutdown_policy.h"

namespace turbodiff::power {

/// The loop when no job is due.
struct Rest {
  std::int64_t now = 0;      ///< seconds, UTC
  bool finished = false;     ///< nothing is left to do now: the loop would end, or sleep until the next start
  int done = 0, failed = 0;  ///< jobs since the loop began
  QueueFacts queue = {};
};

class AfterBatch {
 public:
  virtual ~AfterBatch() = default;
  /// Called whenever no job is due. Returns when to call again at the latest (seconds, UTC); nothing when
  /// there is nothing to wait for. Throws nothing: what goes wrong is logged, and kept in problem().
  virtual std::optional<std::int64_t> look(const Rest& rest) = 0;
  /// A job starts after all.
  virtual void job_starts() {}
  /// The loop ends by a signal: most likely somebody else switches the machine off.
  virtual void stopping(const Rest&) {}
  /// Readable when look() should be called: for poll(2). -1: there is none.
  virtual int fd() const { return -1; }

  /// What has gone wrong last; empty: nothing.
  const std::string& problem() const { return problem_; }

 protected:
  std::string problem_;
};

}  // namespace turbodiff::power
