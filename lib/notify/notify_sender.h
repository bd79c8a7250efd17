// Sends the notices of one channel from the outbox: all pending ones as one message, as often as the channel
// may send, again after a growing delay when it is not accepted, until it is discarded.
//
// A notice is sent at least once unless it is discarded. It is sent exactly once, unless a service accepted a
// message and its answer was lost, or this program was killed before it had recorded the answer.
#pragma once

#include <functional>
#include <optional>
#include <random>

#include "core/clock.h"
#include "core/log.h"
#include "notify/notify_channel.h"
#include "notify/rate_limit.h"
#include "store/job_store.h"

namespace turbodiff::notify {

struct RetryRules {
  double first_s = 10;           ///< before the first retry, doubled for each further one, with jitter
  double longest_s = 3600;       ///< maximum delay, whatever a service requests
  double give_up_s = 24 * 3600;  ///< age of a notice after which the next attempt is the last
};

/// PNG of videos, and the file that contains it; both empty when there is none.
struct Picture {
  std::string png, file;
};
/// Returns soon after `stop` returns true.
using PictureOf = std::function<Picture(const Message& message, const SendStop& stop)>;

class NotifySender {
 public:
  NotifySender(store::JobStore& store, Channel& channel, const ChannelSettings& settings, RetryRules rules,
               MessageOptions options, PictureOf picture, const core::Clock& clock, core::Log& log);

  /// Sends what may be sent now. Returns when it must be called again at the latest; nothing while nothing is
  /// pending. Errors as the store's: no notice is lost or sent twice because of them.
  std::optional<store::Micros> look(const SendStop& stop);

 private:
  struct Sent {
    std::vector<std::int64_t> notices;
    store::Micros full_at = 0, at = 0;
  };
  store::Micros now() const;
  std::optional<store::Micros> send(std::vector<store::Delivery> pending, const SendStop& stop);
  void save_sent();
  store::Micros next_try(int tries, const SendResult& result);
  std::optional<store::Micros> put_off(const std::vector<store::Delivery>& pending, const SendResult& result);

  store::JobStore& store_;
  Channel& channel_;
  std::string name_;
  RateLimit limit_;
  RetryRules rules_;
  MessageOptions options_;
  PictureOf picture_;
  const core::Clock& clock_;
  core::Log& log_;
  std::mt19937 random_{std::random_device{}()};
  std::optional<Sent> sent_;  ///< sent, and not yet recorded in the store
};

}  // namespace turbodiff::notify
