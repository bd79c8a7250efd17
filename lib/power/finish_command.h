// A user's command that is run after each batch.
#pragma once

#include <memory>
#include <string>

#include "core/log.h"
#include "core/os/subprocess.h"
#include "power/after_batch.h"

namespace turbodiff::power {

/// `/bin/sh -c COMMAND` with TURBODIFF_DONE and TURBODIFF_FAILED, the numbers of the batch's jobs; its output
/// goes to standard error. Killed when this goes out of scope.
class FinishCommand final : public AfterBatch {
 public:
  /// `staying`: run after each batch in which a job has run, instead of once in any case.
  FinishCommand(std::string command, bool staying, core::Log& log)
      : command_(std::move(command)), staying_(staying), log_(log) {}

  std::optional<std::int64_t> look(const BatchState& batch) override;

 private:
  void start(const BatchState& batch);
  std::string command_;
  bool staying_;
  core::Log& log_;
  std::unique_ptr<core::Subprocess> running_;
  bool ran_ = false;
  int done_ = 0, failed_ = 0;  ///< when it last ran
};

}  // namespace turbodiff::power
