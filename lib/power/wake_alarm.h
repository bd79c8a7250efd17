// The alarm of the clock chip that wakes the machine: /sys/class/rtc/rtc0/wakealarm.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace turbodiff::power {

/// Access to the alarm. Both throw std::system_error.
struct AlarmFile {
  std::function<void(const std::string&)> write;
  std::function<std::string()> read;
};

/// The file in sysfs: written in one call, never created.
AlarmFile alarm_file(const std::filesystem::path& path);

class WakeAlarm {
 public:
  explicit WakeAlarm(const std::filesystem::path& path);
  WakeAlarm(std::filesystem::path path, AlarmFile file);

  /// Clears the alarm, sets it to `at` (seconds, UTC) and reads it back. Error work_failed unless it is then
  /// within a second of `at`, or when the chip's clock (since_epoch beside the file) is not within a minute
  /// of `now`, as one that keeps local time.
  void arm(std::int64_t at, std::int64_t now);
  /// Error work_failed.
  void clear();
  /// Clears the alarm if it is set to `at`; any other belongs to another program. Error work_failed.
  void clear_if(std::int64_t at);

 private:
  std::filesystem::path path_;
  AlarmFile file_;
};

}  // namespace turbodiff::power
