// Threads that no signal is delivered to: the daemon takes signals through a descriptor of its own.
#pragma once

#include <signal.h>

#include <thread>
#include <utility>

namespace turbodiff::connect {

template <typename Work>
std::thread quiet_thread(Work&& work) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread thread(std::forward<Work>(work));
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
}

}  // namespace turbodiff::connect
