#include "runner/event_waiter.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace turbodiff::runner {
namespace {

sigset_t waited_for() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) ::sigaddset(&set, number);
  return set;
}

}  // namespace

EventWaiter::EventWaiter(const std::filesystem::path& store, const core::Clock& clock)
    : listener_(store), clock_(clock) {
  const sigset_t set = waited_for();
  ::signal(SIGUSR1, SIG_IGN);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_.reset(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  timer_.reset(::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!signals_ || !timer_)
    throw Error::work_failed(std::string("cannot wait for signals and timers: ") + std::strerror(errno));
}

EventWaiter::~EventWaiter() {
  signals_.reset();
  timer_.reset();
  const sigset_t set = waited_for();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

Wakeup EventWaiter::wait(std::optional<std::int64_t> until) {
  itimerspec alarm{};
  // Far away rather than off, so that a clock that is set is noticed.
  constexpr std::int64_t never = 32'503'680'000;
  const auto instant = clock_.machine_time(core::WallTime(std::chrono::seconds(until.value_or(never))));
  const std::int64_t microseconds = std::max<std::int64_t>(1, instant.time_since_epoch().count());
  alarm.it_value = {microseconds / 1'000'000, microseconds % 1'000'000 * 1000};
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &alarm, nullptr);
  std::vector<pollfd> entries = {
      {signals_.get(), POLLIN, 0}, {timer_.get(), POLLIN, 0}, {listener_.fd(), POLLIN, 0}};
  for (const int fd : extra_) entries.push_back({fd, POLLIN, 0});
  while (::poll(entries.data(), entries.size(), -1) < 0 && errno == EINTR) {
  }
  Wakeup wakeup = look();
  std::uint64_t count = 0;
  wakeup.clock_jumped = ::read(timer_.get(), &count, sizeof count) < 0 && errno == ECANCELED;
  return wakeup;
}

Wakeup EventWaiter::look() {
  Wakeup wakeup;
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    const auto number = static_cast<int>(info.ssi_signo);
    wakeup.stop = wakeup.stop || number == SIGTERM || number == SIGINT;
    wakeup.reload = wakeup.reload || number == SIGHUP;
    wakeup.restart = wakeup.restart || number == SIGUSR1;
  }
  wakeup.store_changed = listener_.has_changed();
  return wakeup;
}

}  // namespace turbodiff::runner
