// Waiting for what another process or thread does: limits that only what never happens reaches.
#pragma once

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <thread>

#include "core/os/subprocess.h"
#include "testing.h"

namespace turbodiff::testing {

/// How many times longer than in an ordinary build anything may take.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int slowness = 5;
#else
inline constexpr int slowness = 1;
#endif

/// Longer than anything that is waited for takes on a slow machine that has much else to do.
inline constexpr std::chrono::seconds patience{120 * slowness};
/// The same for `turbodiff-sched wait --timeout`.
inline const std::string patience_text = std::to_string(patience.count()) + "s";

/// Looks until the condition holds; false when it was waited for in vain. Between looks `pause` is called
/// with seconds: several times as many as a look takes, which may be that of another program.
inline bool comes_true(const std::function<bool()>& condition, const std::function<void(double)>& pause) {
  using Clock = std::chrono::steady_clock;
  for (const auto begin = Clock::now();;) {
    const auto look = Clock::now();
    if (condition()) return true;
    if (Clock::now() - begin > patience) return false;
    pause(std::max(0.01, 3 * std::chrono::duration<double>(Clock::now() - look).count()));
  }
}
inline bool comes_true(const std::function<bool()>& condition) {
  return comes_true(
      condition, [](double pause_s) { std::this_thread::sleep_for(std::chrono::duration<double>(pause_s)); });
}

/// Until the condition holds, while the program runs and its lines are taken.
inline void wait_for(core::Subprocess& process, const std::function<bool()>& condition) {
  const bool held = comes_true(condition, [&](double pause_s) {
    REQUIRE_MESSAGE(!process.wait(pause_s), "the program has ended early");
  });
  REQUIRE_MESSAGE(held, "waited in vain");
}

/// Sends SIGTERM; the exit status, for which there is as much time as for everything else.
inline core::ExitStatus stop(core::Subprocess& process) {
  process.signal(SIGTERM);
  const auto status = process.wait(static_cast<double>(patience.count()));
  REQUIRE_MESSAGE(status, "the program does not end at SIGTERM");
  return *status;
}

}  // namespace turbodiff::testing
