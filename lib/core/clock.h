// Time as something handed in, so that tests decide what it is.
#pragma once

#include <chrono>

namespace turbodiff::core {

using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  /// Seconds since an arbitrary start; never goes back and counts time spent suspended.
  virtual double monotonic_s() const = 0;
  /// UTC.
  virtual WallTime now() const = 0;
};

/// CLOCK_BOOTTIME and CLOCK_REALTIME.
class SystemClock final : public Clock {
 public:
  double monotonic_s() const override;
  WallTime now() const override;
};

/// Stands still until it is moved.
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
