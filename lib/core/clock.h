// Time as a dependency, so that tests control it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace turbodiff::core {

using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  /// Seconds since an arbitrary start; never goes back and counts time spent suspended.
  virtual double monotonic_s() const = 0;
  /// UTC.
  virtual WallTime now() const = 0;
  /// What the machine's own clocks (CLOCK_REALTIME, CLOCK_BOOTTIME) show when this clock shows the argument:
  /// for the kernel's timers.
  virtual WallTime machine_time(WallTime time) const { return time; }
  virtual double machine_monotonic_s(double monotonic_s) const { return monotonic_s; }
};

/// CLOCK_BOOTTIME and CLOCK_REALTIME.
class SystemClock final : public Clock {
 public:
  double monotonic_s() const override;
  WallTime now() const override;
};

/// Shows `start` when the machine's clock shows `anchor`, and runs `rate` times as fast: for tests of whole
/// nights. Processes with the same three numbers agree on the time.
class CompressedClock final : public Clock {
 public:
  CompressedClock(WallTime start, WallTime anchor, double rate);
  double monotonic_s() const override;
  WallTime now() const override;
  WallTime machine_time(WallTime time) const override;
  double machine_monotonic_s(double monotonic_s) const override;

 private:
  WallTime start_, anchor_;
  double rate_;
  SystemClock machine_;
};

/// The machine's clock, or the compressed one of the text "START,ANCHOR,RATE": seconds since 1970, and a
/// factor. Error bad_request for anything else.
std::unique_ptr<Clock> make_clock(const std::optional<std::string>& compressed);

/// Does not advance until it is moved.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start = {}) : start_(start) {}
  void advance(double seconds) { elapsed_s_ += seconds; }
  double monotonic_s() const override { return elapsed_s_; }
  WallTime now() const override {
    return start_ + std::chrono::round<std::chrono::microseconds>(std::chrono::duration<double>(elapsed_s_));
  }

 private:
  WallTime start_;
  double elapsed_s_ = 0;
};

}  // namespace turbodiff::core
