// What people want to know of a night, told by the loop that runs the jobs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/job.h"

namespace turbodiff::sched {

class Notices {
 public:
  virtual ~Notices() = default;
  /// An attempt has ended, or jobs have failed without one; what is to be told of it stands in the store.
  virtual void attempt_ended() = 0;
  /// The plan has no place for a job before its deadline any more (seconds, UTC). Told as often as it is
  /// found; people hear it once.
  virtual void deadline_missed(store::JobId job, std::int64_t deadline, const std::string& reason) = 0;
  /// Nothing is left to do now (seconds, UTC). Returns when to call again while messages are on their way;
  /// nothing once they are, or when that has taken too long.
  virtual std::optional<std::int64_t> batch_ended(std::int64_t now) = 0;
};

}  // namespace turbodiff::sched
