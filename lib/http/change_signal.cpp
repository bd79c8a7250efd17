#include "http/change_signal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <string>

#include "core/error.h"
#include "core/os/signal_free_thread.h"

namespace turbodiff::http {

ChangeSignal::ChangeSignal(const std::filesystem::path& store)
    : listener_(store), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!wake_) throw Error::work_failed(std::string("cannot make an event: ") + std::strerror(errno));
  thread_ = core::signal_free_thread([this] { listen(); });
}

ChangeSignal::~ChangeSignal() {
  stop();
  thread_.join();
}

void ChangeSignal::listen() {
  while (!stopping()) {
    pollfd entries[] = {{listener_.fd(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    if (::poll(entries, std::size(entries), -1) < 0) continue;
    if (listener_.has_changed()) poke();
  }
}

void ChangeSignal::poke() {
  {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  changed_.notify_all();
}

void ChangeSignal::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  const std::uint64_t one = 1;
  // It cannot fail but when the event is set already.
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

bool ChangeSignal::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

std::uint64_t ChangeSignal::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

std::uint64_t ChangeSignal::wait(std::uint64_t seen, std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, at_most, [&] { return stopping_ || count_ > seen; });
  return count_;
}

}  // namespace turbodiff::http
