#include "power/finish_command.h"

#include "core/error.h"

namespace turbodiff::power {

void FinishCommand::start(const BatchState& batch) {
  core::SubprocessOptions options;
  options.argv = {"/bin/sh", "-c", command_};
  options.environment["TURBODIFF_DONE"] = std::to_string(batch.done - done_);
  options.environment["TURBODIFF_FAILED"] = std::to_string(batch.failed - failed_);
  options.output = core::SubprocessOptions::Stream::pipe;
  options.errors = core::SubprocessOptions::Stream::pipe;
  options.on_output = options.on_errors = [this](std::string_view line) { log_.info("{}", line); };
  ran_ = true;
  done_ = batch.done;
  failed_ = batch.failed;
  log_.info("the batch is finished; running '{}'", command_);
  running_ = std::make_unique<core::Subprocess>(std::move(options));
}

std::optional<std::int64_t> FinishCommand::look(const BatchState& batch) {
  try {
    if (!running_) {
      const bool due = staying_ ? batch.done != done_ || batch.failed != failed_ : !ran_;
      if (!due || !batch.finished) return std::nullopt;
      start(batch);
    }
    // Short commands end within this look; for long ones the loop goes on.
    const auto status = running_->wait(0.2);
    if (!status) return batch.now + 1;
    running_.reset();
    problem_ = status->ok() ? "" : "'" + command_ + "' after the batch ended with " + status->describe();
  } catch (const Error& error) {
    running_.reset();
    problem_ = error.message();
  }
  if (!problem_.empty() && staying_) log_.error("{}", problem_);
  return std::nullopt;
}

}  // namespace turbodiff::power
