// Change notification: a command notifies the daemon that the store has changed, so that the daemon need not
// poll.
#pragma once

#include <filesystem>

#include "core/os/unique_fd.h"

namespace turbodiff::store {

/// Touches STORE.bell. Never fails: a daemon that is not notified sees the change at its next event.
void notify_change(const std::filesystem::path& store) noexcept;

/// Receives notify_change() of any process through inotify(7).
class ChangeListener {
 public:
  /// Error work_failed when inotify is not available.
  explicit ChangeListener(const std::filesystem::path& store);

  /// Readable when the store has changed: for poll(2).
  int fd() const { return fd_.get(); }
  /// Whether it has changed since the last call.
  bool has_changed();

 private:
  core::UniqueFd fd_;
};

}  // namespace turbodiff::store
