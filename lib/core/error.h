// The exception type of the project. Only main() maps it to an exit code.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace turbodiff {

/// What went wrong, as the programs' exit codes distinguish it.
enum class ErrorCode : int {
  work_failed = 1,   ///< the work itself failed
  bad_request = 2,   ///< usage, a bad or missing input file, a bad checkpoint
  not_found = 3,     ///< no such model or job
  refused = 4,       ///< a limit: disk, memory, a deadline that cannot be met
  interrupted = 130  ///< SIGINT or SIGTERM
};

/// `message` says what failed and where, `hint` (may be empty) what to do. Both are one line without a full
/// stop.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, std::string hint = {})
      : std::runtime_error(message), code_(code), hint_(std::move(hint)) {}

  static Error work_failed(const std::string& message, std::string hint = {}) {
    return {ErrorCode::work_failed, message, std::move(hint)};
  }
  static Error bad_request(const std::string& message, std::string hint = {}) {
    return {ErrorCode::bad_request, message, std::move(hint)};
  }
  static Error not_found(const std::string& message, std::string hint = {}) {
    return {ErrorCode::not_found, message, std::move(hint)};
  }
  static Error refused(const std::string& message, std::string hint = {}) {
    return {ErrorCode::refused, message, std::move(hint)};
  }
  static Error interrupted() { return {ErrorCode::interrupted, "interrupted"}; }

  ErrorCode code() const { return code_; }
  std::string message() const { return what(); }
  const std::string& hint() const { return hint_; }

 private:
  ErrorCode code_;
  std::string hint_;
};

}  // namespace turbodiff
