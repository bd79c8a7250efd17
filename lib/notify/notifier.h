// Notifications for people: notices are stored, and a thread for each channel sends them, so that a service
// that hangs blocks neither the jobs nor another channel.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "notify/notify_sender.h"
#include "runner/notices.h"

namespace turbodiff::notify {

/// A channel with its secrets read.
struct OpenChannel {
  ChannelSettings settings;
  std::unique_ptr<Channel> channel;
};

struct NotifierSettings {
  std::vector<OpenChannel> channels;
  RetryRules rules;
  MessageOptions options;   ///< `label` is called from several threads at once
  PictureOf picture;        ///< called by one thread at a time; may be empty
  double wait_s = 60;       ///< maximum time that batch_ended() asks to wait
  double stop_grace_s = 5;  ///< time for the current message when the notifier is destroyed
};

class Notifier final : public runner::Notices {
 public:
  /// `store` is used by the caller's thread alone; each channel opens the file itself. The store's lock must
  /// be held. Errors as the store's.
  Notifier(store::JobStore& store, NotifierSettings settings, const core::Clock& clock, core::Log& log);
  ~Notifier() override;
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  void attempt_ended() override;
  void deadline_missed(store::JobId job, std::int64_t deadline, const std::string& reason) override;
  std::optional<std::int64_t> batch_ended(std::int64_t now) override;
  /// The wake alarm for an instant (seconds, UTC) could not be set.
  void wake_failed(std::int64_t at, const std::string& problem);
  /// A file of the watch folder gave no jobs; `key` is the key of its claim.
  void file_refused(const std::string& key, const std::string& name, const std::string& reason);

 private:
  void run(OpenChannel& channel);
  /// False when the store could not save the notice.
  bool add(const store::Notice& notice);
  void poke();
  bool stopping() const;
  /// Waits until poke(), stop, or `until`.
  void wait(std::uint64_t seen, std::optional<store::Micros> until);
  Picture picture_of(const Message& message, const SendStop& stop);
  store::Micros now() const;

  store::JobStore& store_;
  NotifierSettings settings_;
  const core::Clock& clock_;
  core::Log& log_;
  std::set<std::pair<store::JobId, std::int64_t>> reported_;  ///< deadlines reported by this process
  bool open_ = true;  ///< whether attempts may have ended that no batch has reported
  std::optional<std::int64_t> wait_until_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t pokes_ = 0;
  bool stopping_ = false;
  double stop_by_s_ = 0;

  std::mutex picture_mutex_;
  std::string picture_key_;
  Picture picture_;
  std::vector<std::thread> threads_;
};

}  // namespace turbodiff::notify
