// The lock of a store, held by the process that runs its jobs.
#pragma once

#include <filesystem>

#include "core/os/unique_fd.h"

namespace turbodiff::store {

/// Held from construction to destruction, or until the process ends in any way. A file beside the store
/// (STORE.lock) is locked with flock(2); its content is only for messages.
class StoreLock {
 public:
  /// Error refused, naming the holder, when another process has it.
  explicit StoreLock(const std::filesystem::path& store);

 private:
  core::UniqueFd fd_;
};

/// Whether some process holds the lock of a store now.
bool is_locked(const std::filesystem::path& store);

}  // namespace turbodiff::store
