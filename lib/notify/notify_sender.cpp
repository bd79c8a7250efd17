#include "notify/notify_sender.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/units.h"

namespace turbodiff::notify {
namespace {

constexpr double largest_jitter = 1.25;

store::Micros micros(double seconds) {
  return std::llround(seconds * 1e6);
}

std::vector<std::int64_t> ids_of(const std::vector<store::Delivery>& deliveries) {
  std::vector<std::int64_t> ids;
  for (const store::Delivery& delivery : deliveries) ids.push_back(delivery.notice.id);
  return ids;
}

std::string count_of(std::size_t count) {
  return count == 1 ? "1 notice" : fmt::format("{} notices", count);
}

}  // namespace

NotifySender::NotifySender(store::JobStore& store, Channel& channel, const ChannelSettings& settings,
                           RetryRules rules, MessageOptions options, PictureOf picture,
                           const core::Clock& clock, core::Log& log)
    : store_(store),
      channel_(channel),
      name_(settings.name),
      limit_{micros(settings.interval_s), settings.burst},
      rules_(rules),
      options_(std::move(options)),
      picture_(std::move(picture)),
      clock_(clock),
      log_(log) {}

store::Micros NotifySender::now() const {
  return clock_.now().time_since_epoch().count();
}

void NotifySender::save_sent() {
  if (!sent_) return;
  store_.note_sent(name_, sent_->notices, sent_->full_at, sent_->at);
  sent_.reset();
}

std::optional<store::Micros> NotifySender::look(const SendStop& stop) {
  save_sent();
  std::vector<store::Delivery> pending = store_.pending(name_);
  if (pending.empty()) return std::nullopt;
  const store::Micros at = now(), longest = micros(rules_.longest_s * largest_jitter);
  store::Micros first = pending[0].next_try;
  for (const store::Delivery& delivery : pending)
    // A try that is further away than any pause was set by a clock that went wrong.
    first = std::min(first, delivery.next_try > at + longest ? at : delivery.next_try);
  const store::Micros allowed = limit_.allowed_at(store_.channel_full_at(name_), at);
  if (first > at || allowed > at) return std::max(first, allowed);
  return send(std::move(pending), stop);
}

std::optional<store::Micros> NotifySender::send(std::vector<store::Delivery> pending, const SendStop& stop) {
  std::vector<store::Notice> notices;
  for (const store::Delivery& delivery : pending) notices.push_back(delivery.notice);
  Message message = compose(notices, options_);
  if (!message.videos.empty() && picture_) {
    Picture picture = picture_(message, stop);
    message.picture = std::move(picture.png);
    message.picture_file = std::move(picture.file);
  }
  if (stop && stop()) return now();
  const SendResult result = channel_.send(message, stop);
  if (!result.picture_problem.empty())
    log_.warn("notify: {}: the message was sent without its picture: {}", name_, result.picture_problem);
  if (result.kind == SendResult::Kind::sent) {
    const store::Micros at = now();
    sent_ = Sent{ids_of(pending), limit_.after_message(store_.channel_full_at(name_), at), at};
    save_sent();
    log_.debug("notify: {}: sent {}", name_, message.title);
    return at;  // more may have come meanwhile
  }
  if (result.kind == SendResult::Kind::stopped) return now();
  return put_off(pending, result);
}

store::Micros NotifySender::next_try(int tries, const SendResult& result) {
  const double jitter = std::uniform_real_distribution(1.0, largest_jitter)(random_);
  double pause_s = rules_.first_s * std::exp2(std::min(tries, 30));
  pause_s = std::max(pause_s * jitter, result.retry_after_s.value_or(0));
  return now() + micros(std::min(pause_s, rules_.longest_s * jitter));
}

std::optional<store::Micros> NotifySender::put_off(const std::vector<store::Delivery>& pending,
                                                   const SendResult& result) {
  const store::Micros at = now();
  std::vector<store::Delivery> lost, waiting;
  int tries = 0;
  for (const store::Delivery& delivery : pending) {
    const bool too_old = at - delivery.notice.at > micros(rules_.give_up_s);
    (result.kind == SendResult::Kind::refused || too_old ? lost : waiting).push_back(delivery);
    tries = std::max(tries, delivery.tries);
  }
  if (!lost.empty()) {
    store_.note_failed(name_, ids_of(lost), at, result.problem);
    log_.error("notify: {}: {} discarded: {}", name_, count_of(lost.size()), result.problem);
  }
  if (waiting.empty()) return at;
  const store::Micros next = next_try(tries, result);
  store_.note_refused(name_, ids_of(waiting), next, result.problem);
  log_.warn("notify: {}: {} not accepted: {}; next attempt in {}", name_, count_of(waiting.size()),
            result.problem, core::format_duration(static_cast<double>(next - at) / 1e6));
  return next;
}

}  // namespace turbodiff::notify
