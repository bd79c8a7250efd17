// Files beside the job store through which an operator keeps the machine on or cancels the countdown.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/os/unique_fd.h"

namespace turbodiff::power {

/// A countdown as shown to other processes.
struct CountdownNote {
  std::string action;
  std::int64_t at = 0;   ///< seconds, UTC
  std::int64_t pid = 0;  ///< of the process that runs the countdown
};

/// The files in FOLDER (which is made where needed):
///   stay-on     while it is there, the machine stays on; its first line may say why
///   countdown   while the grace period runs; who removes it calls the countdown off
///   alarm       the wake alarm that was set, in seconds, UTC: one that nothing needs any more is cleared
class OperatorFiles {
 public:
  explicit OperatorFiles(std::filesystem::path folder);

  std::filesystem::path hold_file() const { return folder_ / "stay-on"; }
  std::filesystem::path countdown_file() const { return folder_ / "countdown"; }

  /// Why the machine is kept on; empty when it is not.
  std::string hold() const;
  /// Error work_failed when the file cannot be written or removed, as for those below.
  void set_hold(const std::string& why) const;
  /// Whether there was a hold.
  bool release_hold() const;

  /// Nothing where no living process runs a countdown.
  std::optional<CountdownNote> countdown() const;
  void write_countdown(const CountdownNote& note) const;
  /// Whether there was a countdown.
  bool remove_countdown() const;
  bool has_countdown() const;

  /// The alarm that this or an earlier process has set.
  std::optional<std::int64_t> alarm() const;
  void note_alarm(std::int64_t at) const;
  void forget_alarm() const;

 private:
  std::filesystem::path alarm_file() const { return folder_ / "alarm"; }
  bool remove(const std::filesystem::path& file) const;
  std::filesystem::path folder_;
};

/// Detects files that appear or disappear in a folder, through inotify(7).
class FolderWatch {
 public:
  /// The folder must exist; where it cannot be watched, no change is detected.
  explicit FolderWatch(const std::filesystem::path& folder);
  /// Readable when something has changed: for poll(2).
  int fd() const { return fd_.get(); }
  /// Whether something has changed since the last call.
  bool has_changed();

 private:
  core::UniqueFd fd_;
};

}  // namespace turbodiff::power
