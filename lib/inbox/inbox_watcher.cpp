#include "inbox/inbox_watcher.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "core/error.h"

namespace turbodiff::inbox {
namespace fs = std::filesystem;
namespace {

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

bool is_candidate(std::string_view name) {
  const InboxKind kind = inbox_kind(name);
  return kind != InboxKind::ignored && kind != InboxKind::unfinished;
}

void add_to(int all, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(all, EPOLL_CTL_ADD, fd, &event) != 0)
    throw Error::work_failed(std::string("cannot wait for files: ") + std::strerror(errno));
}

}  // namespace

std::optional<InboxFacts> inbox_facts(const fs::path& file) {
  struct stat info {};
  if (::lstat(file.c_str(), &info) != 0 || !(S_ISREG(info.st_mode) || S_ISLNK(info.st_mode)))
    return std::nullopt;
  return InboxFacts{static_cast<std::uint64_t>(info.st_dev),
                    static_cast<std::uint64_t>(info.st_ino),
                    static_cast<std::int64_t>(info.st_size),
                    nanoseconds(info.st_mtim),
                    nanoseconds(info.st_ctim),
                    info.st_nlink > 1};
}

bool is_being_written(int fd) {
  // The signal that notifies a lease's holder of a writer ends a process by default; this one is ignored.
  ::fcntl(fd, F_SETSIG, SIGURG);
  if (::fcntl(fd, F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN;
  ::fcntl(fd, F_SETLEASE, F_UNLCK);
  return false;
}

InboxWatcher::InboxWatcher(fs::path folder, WatcherSettings settings, const core::Clock& clock,
                           core::Log& log)
    : folder_(std::move(folder)), settings_(settings), clock_(clock), log_(log), settling_(settings.times) {
  events_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  timer_.reset(::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC));
  all_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!events_ || !timer_ || !all_)
    throw Error::work_failed(std::string("cannot watch a folder: ") + std::strerror(errno),
                             "raise fs.inotify.max_user_instances");
  add_to(all_.get(), events_.get());
  add_to(all_.get(), timer_.get());
  arm(std::nullopt);
}

void InboxWatcher::hear() {
  alignas(inotify_event) char buffer[16384];
  ssize_t length = 0;
  while ((length = ::read(events_.get(), buffer, sizeof buffer)) > 0) {
    for (ssize_t at = 0; at < length;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      if ((event->mask & IN_Q_OVERFLOW) != 0) lost_events_ = true;
      if ((event->mask & (IN_IGNORED | IN_MOVE_SELF | IN_UNMOUNT)) != 0) next_scan_s_ = 0;
      if (event->len == 0 || (event->mask & IN_ISDIR) != 0 || !is_candidate(event->name)) continue;
      const auto facts = inbox_facts(folder_ / event->name);
      if (!facts) continue;
      const double now_s = clock_.monotonic_s();
      if ((event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0) {
        settling_.closed(event->name, *facts, now_s);
      } else {
        settling_.seen(event->name, *facts, now_s, clock_.now().time_since_epoch().count() * 1000);
      }
    }
  }
  std::uint64_t count = 0;
  while (::read(timer_.get(), &count, sizeof count) > 0) {
  }
}

void InboxWatcher::scan() {
  const double now_s = clock_.monotonic_s();
  next_scan_s_ = now_s + settings_.rescan_s;
  // Again at each scan: the folder may be another one by now. For the same one this changes nothing.
  if (::inotify_add_watch(events_.get(), folder_.c_str(),
                          IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_MOVE_SELF | IN_ONLYDIR) < 0 &&
      errno == ENOSPC)
    log_.warn("'{}' is polled only every {} s: raise fs.inotify.max_user_watches", folder_.string(),
              settings_.rescan_s);
  std::error_code error;
  fs::directory_iterator entry(folder_, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!is_candidate(name)) continue;
    if (const auto facts = inbox_facts(entry->path()))
      settling_.seen(name, *facts, now_s, clock_.now().time_since_epoch().count() * 1000);
  }
  if (error && !missing_)
    log_.warn("the watch folder '{}' cannot be read: {}", folder_.string(), error.message());
  missing_ = static_cast<bool>(error);
}

InboxLook InboxWatcher::look_at(const std::string& name, InboxFacts& facts) const {
  {
    const core::UniqueFd fd(::open((folder_ / name).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd) return errno == ELOOP ? InboxLook::calm : InboxLook::unlikely;
    if (is_being_written(fd.get())) return InboxLook::busy;
  }
  // What was written up to now counts as a change.
  if (const auto after = inbox_facts(folder_ / name)) facts = *after;
  return facts.bytes == 0 ? InboxLook::unlikely : InboxLook::calm;
}

std::vector<std::string> InboxWatcher::complete(std::size_t most) {
  hear();
  if (lost_events_) {
    log_.info("the watch folder is read again: events were lost");
    lost_events_ = false;
    next_scan_s_ = 0;
  }
  if (clock_.monotonic_s() >= next_scan_s_) scan();
  std::vector<std::string> names;
  for (const std::string& name : settling_.due(clock_.monotonic_s(), most)) {
    auto facts = inbox_facts(folder_ / name);
    if (!facts) {
      settling_.forget(name);
      continue;
    }
    const InboxLook look = look_at(name, *facts);
    if (settling_.looked(name, *facts, look, clock_.monotonic_s())) names.push_back(name);
  }
  return names;
}

void InboxWatcher::arm(std::optional<double> also_s) {
  double next_s = next_scan_s_;
  if (const auto due = settling_.next_s()) next_s = std::min(next_s, *due);
  if (also_s) next_s = std::min(next_s, *also_s);
  next_s = clock_.machine_monotonic_s(next_s);
  const double seconds = std::floor(next_s);
  itimerspec alarm{};
  alarm.it_value.tv_sec = static_cast<time_t>(seconds);
  alarm.it_value.tv_nsec = static_cast<long>((next_s - seconds) * 1e9);
  if (next_s <= 0) alarm.it_value.tv_nsec = 1;  // zero would turn it off
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &alarm, nullptr);
}

}  // namespace turbodiff::inbox
