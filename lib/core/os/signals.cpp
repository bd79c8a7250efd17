#include "core/os/signals.h"

#include <atomic>
#include <csignal>

#include "core/error.h"
#include "core/os/interrupting_signals.h"

namespace turbodiff::core {
namespace {

// A signal handler reaches nothing but static storage. Only the functions of signals.h see it.
std::atomic<bool> interrupt_flag{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch lock-free atomics only");

extern "C" void raise_interrupt_flag(int) {
  interrupt_flag.store(true, std::memory_order_relaxed);
}

}  // namespace

const sigset_t& interrupting_signals() {
  static const sigset_t signals = [] {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set, number);
    return set;
  }();
  return signals;
}

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = raise_interrupt_flag;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  struct sigaction inherited {};
  ::sigaction(SIGHUP, nullptr, &inherited);
  if (inherited.sa_handler != SIG_IGN) ::sigaction(SIGHUP, &action, nullptr);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigemptyset(&ignore.sa_mask);
  ::sigaction(SIGPIPE, &ignore, nullptr);
  ::sigaction(SIGXFSZ, &ignore, nullptr);
  ::sigprocmask(SIG_UNBLOCK, &interrupting_signals(), nullptr);
}

bool interrupted() {
  return interrupt_flag.load(std::memory_order_relaxed);
}

void throw_if_interrupted() {
  if (interrupted()) throw Error::interrupted();
}

void clear_interrupt() {
  interrupt_flag.store(false, std::memory_order_relaxed);
}

}  // namespace turbodiff::core
