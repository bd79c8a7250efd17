// Threads that receive no signals: the daemon receives signals through a descriptor.
#pragma once

#include <signal.h>

#include <thread>
#include <utility>

namespace turbodiff::core {

template <typename Work>
std::thread signal_free_thread(Work&& work) {
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

}  // namespace turbodiff::core
