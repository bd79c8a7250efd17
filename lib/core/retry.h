// Whether a retry without changes may succeed.
#pragma once

#include "core/error.h"

namespace turbodiff {

/// The same request would fail again.
class LastingError : public Error {
 public:
  explicit LastingError(const Error& error) : Error(error) {}
};

/// A temporary error, such as a full disk.
class PassingError : public Error {
 public:
  explicit PassingError(const Error& error) : Error(error) {}
};

/// The default for errors that are neither: failed work is retried; wrong requests, missing things and
/// exceeded limits such as memory are not.
inline bool worth_a_retry(ErrorCode code) {
  return code == ErrorCode::work_failed;
}

inline bool worth_a_retry(const Error& error) {
  if (dynamic_cast<const LastingError*>(&error) != nullptr) return false;
  return dynamic_cast<const PassingError*>(&error) != nullptr || worth_a_retry(error.code());
}

}  // namespace turbodiff
