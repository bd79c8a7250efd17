// Tells threads that something about the queue has changed, so that none of them need look again and again.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <thread>

#include "store/doorbell.h"

namespace turbodiff::connect {

class ChangeSignal {
 public:
  /// Hears the store's bell in a thread of its own, which sleeps until it rings. Error work_failed as
  /// store::Doorbell.
  explicit ChangeSignal(const std::filesystem::path& store);
  ~ChangeSignal();
  ChangeSignal(const ChangeSignal&) = delete;
  ChangeSignal& operator=(const ChangeSignal&) = delete;

  /// A change the bell does not tell. Any thread.
  void poke();
  /// Everyone who waits returns, now and later.
  void stop();
  bool stopping() const;

  /// Counts changes.
  std::uint64_t count() const;
  /// Until the count is beyond `seen`, `at_most` has passed, or stop(); the count then.
  std::uint64_t wait(std::uint64_t seen, std::chrono::milliseconds at_most);

 private:
  void listen();
  store::Doorbell bell_;
  int wake_ = -1;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace turbodiff::connect
