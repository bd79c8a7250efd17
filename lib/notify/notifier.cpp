#include "notify/notifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/error.h"
#include "core/hash.h"
#include "core/os/signal_free_thread.h"

namespace turbodiff::notify {
namespace {

/// After an error of the store.
constexpr store::Micros try_store_again = 30'000'000;
/// The clock may be set, and the machine may sleep.
constexpr std::chrono::seconds longest_wait{60};

}  // namespace

Notifier::Notifier(store::JobStore& store, NotifierSettings settings, const core::Clock& clock,
                   core::Log& log)
    : store_(store), settings_(std::move(settings)), clock_(clock), log_(log) {
  std::vector<store::ChannelRow> rows;
  for (const OpenChannel& channel : settings_.channels)
    rows.push_back({channel.settings.name, channel.settings.kinds});
  store_.set_channels(rows, now());
  for (OpenChannel& channel : settings_.channels)
    threads_.push_back(core::signal_free_thread([this, &channel] { run(channel); }));
}

Notifier::~Notifier() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_by_s_ = clock_.monotonic_s() + settings_.stop_grace_s;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

store::Micros Notifier::now() const {
  return clock_.now().time_since_epoch().count();
}

bool Notifier::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Notifier::poke() {
  {
    const std::lock_guard lock(mutex_);
    ++pokes_;
  }
  changed_.notify_all();
}

void Notifier::wait(std::uint64_t seen, std::optional<store::Micros> until) {
  std::unique_lock lock(mutex_);
  const auto woken = [&] { return stopping_ || pokes_ > seen; };
  if (!until) return changed_.wait(lock, woken);
  const core::WallTime end{std::chrono::microseconds(*until)};
  const auto left = clock_.machine_time(end) - clock_.machine_time(clock_.now());
  changed_.wait_for(lock, std::clamp<std::chrono::microseconds>(left, {}, longest_wait), woken);
}

void Notifier::run(OpenChannel& channel) {
  std::unique_ptr<store::JobStore> store;
  std::unique_ptr<NotifySender> sender;
  const SendStop stop = [this] {
    const std::lock_guard lock(mutex_);
    return stopping_ && clock_.monotonic_s() >= stop_by_s_;
  };
  while (!stopping()) {
    const std::uint64_t seen = [this] {
      const std::lock_guard lock(mutex_);
      return pokes_;
    }();
    std::optional<store::Micros> next;
    try {
      if (!sender) {
        store = std::make_unique<store::JobStore>(store_.file(), false);
        sender = std::make_unique<NotifySender>(
            *store, *channel.channel, channel.settings, settings_.rules, settings_.options,
            [this](const Message& message, const SendStop& asked) { return picture_of(message, asked); },
            clock_, log_);
      }
      next = sender->look(stop);
    } catch (const std::exception& error) {
      log_.warn("notify: {}: {}", channel.settings.name, error.what());
      next = now() + try_store_again;
    }
    wait(seen, next);
  }
}

Picture Notifier::picture_of(const Message& message, const SendStop& stop) {
  if (!settings_.picture) return {};
  const std::lock_guard lock(picture_mutex_);
  core::Sha256 hash;
  for (const std::string& video : message.videos) hash.update(video).update(std::string_view("\0", 1));
  if (const std::string key = hash.hex(); key != picture_key_) {
    picture_ = settings_.picture(message, stop);
    picture_key_ = key;
  }
  return picture_;
}

bool Notifier::add(const store::Notice& notice) {
  try {
    if (!store_.add_notice(notice)) return true;
  } catch (const Error& error) {
    log_.warn("notify: {}", error.message());
    return false;
  }
  wait_until_.reset();
  poke();
  return true;
}

void Notifier::attempt_ended() {
  open_ = true;
  poke();
}

void Notifier::deadline_missed(store::JobId job, std::int64_t deadline, const std::string& reason) {
  if (reported_.contains({job, deadline})) return;
  store::Notice notice;
  notice.key = store::key_of_deadline(job, deadline);
  notice.kind = store::NoticeKind::deadline;
  notice.at = now();
  notice.job = job;
  notice.prompt = store_.job(job).spec.prompt;
  notice.detail = fmt::format("due {}: {}", settings_.options.label(deadline), reason);
  if (!add(notice)) return;
  reported_.emplace(job, deadline);
  log_.warn("job {} will miss its deadline {}: {}", job, settings_.options.label(deadline), reason);
}

void Notifier::wake_failed(std::int64_t at, const std::string& problem) {
  store::Notice notice;
  notice.key = fmt::format("wake:{}", at);
  notice.kind = store::NoticeKind::wake;
  notice.at = now();
  notice.detail = fmt::format("for {}: {}; the machine stays on", settings_.options.label(at), problem);
  add(notice);
}

void Notifier::file_refused(const std::string& key, const std::string& name, const std::string& reason) {
  store::Notice notice;
  notice.key = "file:" + key;
  notice.kind = store::NoticeKind::failed;
  notice.at = now();
  notice.detail = fmt::format("'{}': {}", name, reason);
  add(notice);
}

std::optional<std::int64_t> Notifier::batch_ended(std::int64_t seconds) {
  try {
    if (open_) {
      const std::vector<store::EndedAttempt> attempts = store_.unreported();
      const bool any_final =
          std::any_of(attempts.begin(), attempts.end(), [](const store::EndedAttempt& attempt) {
            return attempt.job_state == store::State::done || attempt.job_state == store::State::failed ||
                   attempt.set_aside;
          });
      if (any_final) {
        store::Notice notice;
        notice.key = fmt::format("batch:{}", attempts.back().id);
        notice.kind = store::NoticeKind::batch;
        notice.at = now();
        notice.detail = BatchSummary::of(attempts, settings_.options.label).to_json();
        store_.add_batch(notice, attempts.back().id);
        poke();
      }
      open_ = false;
      wait_until_.reset();
    }
    if (!wait_until_) wait_until_ = seconds + static_cast<std::int64_t>(std::ceil(settings_.wait_s));
    if (seconds >= *wait_until_ || !store_.any_pending(*wait_until_ * 1'000'000)) return std::nullopt;
    return seconds + 1;
  } catch (const Error& error) {
    log_.warn("notify: {}", error.message());
    return std::nullopt;
  }
}

}  // namespace turbodiff::notify
