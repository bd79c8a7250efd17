#include "http/http_stream.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace turbodiff::http {
namespace {

/// Of a reply that the client has not taken yet: whole documents fit, a video does not.
constexpr std::size_t most_unsent = 2 << 20;

}  // namespace

WakeEvent::WakeEvent() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) throw Error::work_failed(std::string("cannot make an event: ") + std::strerror(errno));
}

WakeEvent::~WakeEvent() {
  ::close(fd_);
}

void WakeEvent::set() const {
  const std::uint64_t one = 1;
  // It cannot fail but when the event is set already.
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

void WakeEvent::clear() const {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(fd_, &count, sizeof count);
}

ReplyBuffer::~ReplyBuffer() {
  ::close(fd_);
}

bool ReplyBuffer::write(std::string_view bytes) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return broken_ || unsent() < most_unsent; });
  if (broken_) return false;
  begun_ = true;
  append(bytes);
  if (unsent() > 0) wake_.set();
  return !broken_;
}

void ReplyBuffer::write_interim() {
  const std::lock_guard lock(mutex_);
  if (!begun_ && !finished_ && !broken_) append("HTTP/1.1 100 Continue\r\n\r\n");
}

void ReplyBuffer::append(std::string_view bytes) {
  if (unsent() == 0) progress_ = Clock::now();
  bytes_.append(bytes);
  send_some();
}

void ReplyBuffer::finish() {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  wake_.set();
}

void ReplyBuffer::break_off() {
  const std::lock_guard lock(mutex_);
  break_locked();
}

/// The front's thread may have looked at it before, and may wait for nothing else of a finished reply.
void ReplyBuffer::break_locked() {
  if (broken_) return;
  broken_ = true;
  room_.notify_all();
  wake_.set();
}

bool ReplyBuffer::is_broken() const {
  const std::lock_guard lock(mutex_);
  return broken_;
}

ReplyBuffer::State ReplyBuffer::advance() {
  const std::lock_guard lock(mutex_);
  send_some();
  return {!broken_ && unsent() > 0, finished_, broken_, progress_};
}

void ReplyBuffer::send_some() {
  while (!broken_ && unsent() > 0) {
    const ssize_t some = ::send(fd_, bytes_.data() + sent_, unsent(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (some < 0 && errno == EINTR) continue;
    if (some < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (some < 0) {
      break_locked();
      break;
    }
    sent_ += static_cast<std::size_t>(some);
    progress_ = Clock::now();
  }
  if (unsent() == 0 || sent_ > most_unsent) {
    bytes_.erase(0, sent_);
    sent_ = 0;
  }
  if (broken_ || unsent() < most_unsent) room_.notify_all();
}

ssize_t RequestStream::read(char* to, std::size_t size) {
  const std::size_t some = request_.copy(to, size, at_);
  at_ += some;
  return static_cast<ssize_t>(some);
}

ssize_t RequestStream::write(const char* from, std::size_t size) {
  return reply_.write({from, size}) ? static_cast<ssize_t>(size) : -1;
}

}  // namespace turbodiff::http
