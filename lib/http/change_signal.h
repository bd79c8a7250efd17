// Notifies threads of changes of the queue, so that they need not poll.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <thread>

#include "core/os/unique_fd.h"

#include "store/change_notifier.h"

namespace turbodiff::http {

class ChangeSignal {
 public:
  /// Listens for changes of the store in its own thread, which sleeps until one occurs. Error work_failed as
  /// store::ChangeListener.
  explicit ChangeSignal(const std::filesystem::path& store);
  ~ChangeSignal();
  ChangeSignal(const ChangeSignal&) = delete;
  ChangeSignal& operator=(const ChangeSignal&) = delete;

  /// Signals a change that the store does not report. Any thread.
  void poke();
  /// Wakes all waiting threads, now and later.
  void stop();
  bool stopping() const;

  /// The number of changes so far.
  std::uint64_t count() const;
  /// Waits until the count exceeds `seen`, `at_most` has passed, or stop(); returns the count.
  std::uint64_t wait(std::uint64_t seen, std::chrono::milliseconds at_most);

 private:
  void listen();
  store::ChangeListener listener_;
  core::UniqueFd wake_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace turbodiff::http
