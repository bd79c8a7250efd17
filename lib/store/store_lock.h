// The one lock that whoever runs jobs of a store holds.
#pragma once

#include <filesystem>

namespace turbodiff::store {

/// Held from construction to destruction, or until the process ends, however it ends. A file beside the store
/// (STORE.lock) is locked with flock(2); what it says is only for messages.
class StoreLock {
 public:
  /// Error refused, naming the holder, when another process has it.
  explicit StoreLock(const std::filesystem::path& store);
  ~StoreLock();
  StoreLock(const StoreLock&) = delete;
  StoreLock& operator=(const StoreLock&) = delete;

 private:
  int fd_ = -1;
};

/// Whether some process holds the lock of a store now.
bool is_locked(const std::filesystem::path& store);

}  // namespace turbodiff::store
