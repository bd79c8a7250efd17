// The interface for notifications of the loop that runs the jobs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/job.h"

namespace turbodiff::runner {

class Notices {
 public:
  virtual ~Notices() = default;
  /// An attempt has ended, or jobs have failed without one; the store contains what is to be reported.
  virtual void attempt_ended() = 0;
  /// The plan cannot place a job before its deadline (seconds, UTC). Called as often as that is found; people
  /// are notified once.
  virtual void deadline_missed(store::JobId job, std::int64_t deadline, const std::string& reason) = 0;
  /// No job is left to run now (seconds, UTC). Returns when it must be called again while messages are being
  /// sent; nothing once they are sent, or when that has taken too long.
  virtual std::optional<std::int64_t> batch_ended(std::int64_t now) = 0;
};

}  // namespace turbodiff::runner
