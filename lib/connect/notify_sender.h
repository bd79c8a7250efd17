// One channel's way through the outbox: everything that is pending goes as one message, as often as the
// channel may send, again after a growing pause where it is not taken, until it is given up.
//
// A notice is told at least once unless it is given up. It is told once, unless a service took a message and
// its answer was lost, or this program was killed between the answer and the note of it.
#pragma once

#include <functional>
#include <optional>
#include <random>

#include "connect/notify_channel.h"
#include "connect/rate_limit.h"
#include "core/clock.h"
#include "core/log.h"
#include "store/job_store.h"

namespace turbodiff::connect {

struct RetryRules {
  double first_s = 10;           ///< before the second try, doubled for each further one, with jitter
  double longest_s = 3600;       ///< no pause is longer, whatever a service asks for
  double give_up_s = 24 * 3600;  ///< since the notice; the try after that is the last
};

/// PNG of videos, and the file that it lies in; both empty when there is none.
struct Picture {
  std::string png, file;
};
/// Ends soon after `stop` says so.
using PictureOf = std::function<Picture(const Message& message, const SendStop& stop)>;

class NotifySender {
 public:
  NotifySender(store::JobStore& store, Channel& channel, const ChannelSettings& settings, RetryRules rules,
               MessageOptions options, PictureOf picture, const core::Clock& clock, core::Log& log);

  /// Sends what may go now. Returns when to look again at the latest; nothing while nothing is pending. Error
  /// as the store's: nothing is forgotten, nothing is sent twice because of it.
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
  std::optional<Sent> sent_;  ///< not yet noted in the store
};

}  // namespace turbodiff::connect
