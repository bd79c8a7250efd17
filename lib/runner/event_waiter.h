// Sleeps until an event: a signal, a change of the store, or an instant of the wall clock. No polling.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/clock.h"
#include "core/os/unique_fd.h"
#include "store/change_notifier.h"

namespace turbodiff::runner {

struct Wakeup {
  bool store_changed = false;  ///< the store was changed
  bool stop = false;           ///< SIGTERM or SIGINT
  bool reload = false;         ///< SIGHUP
  bool restart = false;        ///< SIGUSR1
  bool clock_jumped = false;   ///< the wall clock was set
};

/// During its lifetime SIGTERM, SIGINT, SIGHUP and SIGUSR1 are blocked and received here; children get them
/// as usual. Afterwards SIGUSR1 is ignored, so that a late one ends nothing.
class EventWaiter {
 public:
  EventWaiter(const std::filesystem::path& store, const core::Clock& clock);
  ~EventWaiter();
  EventWaiter(const EventWaiter&) = delete;
  EventWaiter& operator=(const EventWaiter&) = delete;

  /// wait() also returns once `fd` is readable; -1 is ignored. Its owner reads it.
  void also_wake_on(int fd) { extra_.push_back(fd); }

  /// Returns at the first event, or when the clock reaches `until` (seconds, UTC).
  Wakeup wait(std::optional<std::int64_t> until);
  /// The events so far, without waiting.
  Wakeup look();

 private:
  store::ChangeListener listener_;
  const core::Clock& clock_;
  core::UniqueFd signals_, timer_;
  std::vector<int> extra_;
};

}  // namespace turbodiff::runner
