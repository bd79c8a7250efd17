// How a command tells the daemon that the store has changed, so that the daemon need not look again and
// again.
#pragma once

#include <filesystem>

namespace turbodiff::store {

/// Touches STORE.bell. Never fails: a daemon that is not told looks at its next event.
void ring(const std::filesystem::path& store) noexcept;

/// Hears ring() of any process through inotify(7).
class Doorbell {
 public:
  /// Error work_failed when inotify is not to be had.
  explicit Doorbell(const std::filesystem::path& store);
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  /// Readable when the bell has rung: for poll(2).
  int fd() const { return fd_; }
  /// Whether it has rung since the last call.
  bool has_rung();

 private:
  int fd_ = -1;
};

}  // namespace turbodiff::store
