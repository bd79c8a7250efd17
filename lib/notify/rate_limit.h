// Limits the messages of a channel: `burst` at once, then one per `interval`. The generic cell rate algorithm
// (ITU-T I.371): its state is the time when the allowance will be full again.
#pragma once

#include <algorithm>
#include <cstdint>

namespace turbodiff::notify {

struct RateLimit {
  std::int64_t interval = 0;  ///< microseconds, as all times here
  int burst = 1;

  /// When the next message may be sent; `now` or earlier: at once. A clock that was set back does not block a
  /// channel.
  std::int64_t allowed_at(std::int64_t full_at, std::int64_t now) const {
    return std::min(full_at, now + burst * interval) - (burst - 1) * interval;
  }
  /// The new `full_at` once a message was sent at `now`.
  std::int64_t after_message(std::int64_t full_at, std::int64_t now) const {
    return std::max(std::min(full_at, now + burst * interval), now) + interval;
  }
};

}  // namespace turbodiff::notify
