// Whether the same, tried again unchanged, may end otherwise.
#pragma once

#include "core/error.h"

namespace turbodiff {

/// The same request would meet this again.
class LastingError : public Error {
 public:
  explicit LastingError(const Error& error) : Error(error) {}
};

/// Not now, and perhaps later: a full disk.
class PassingError : public Error {
 public:
  explicit PassingError(const Error& error) : Error(error) {}
};

/// Of errors that do not say, failed work is worth a retry; not wrong requests, what is not there, or what a
/// limit such as memory refuses.
inline bool worth_a_retry(ErrorCode code) {
  return code == ErrorCode::work_failed;
}

inline bool worth_a_retry(const Error& error) {
  if (dynamic_cast<const LastingError*>(&error) != nullptr) return false;
  return dynamic_cast<const PassingError*>(&error) != nullptr || worth_a_retry(error.code());
}

}  // namespace turbodiff
