// Finds complete files of the watch folder: by inotify(7), by scans, and by frequent scans where the file
// system does not report changes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/log.h"
#include "core/os/unique_fd.h"
#include "inbox/inbox_rules.h"

namespace turbodiff::inbox {

struct WatcherSettings {
  SettleTimes times;
  double rescan_s = 60;
};

class InboxWatcher {
 public:
  /// The folder must exist. Error work_failed when inotify is not available.
  InboxWatcher(std::filesystem::path folder, WatcherSettings settings, const core::Clock& clock,
               core::Log& log);

  /// Readable when complete() should be called: for poll(2).
  int fd() const { return all_.get(); }
  /// Names of files that are complete, each once, at most `most` in a call.
  std::vector<std::string> complete(std::size_t most);
  /// Whether a file will probably be complete soon.
  bool any_soon() const { return settling_.any_soon(); }
  /// Makes fd() readable when there is something to do next, at `also_s` of the monotonic clock at the
  /// latest.
  void arm(std::optional<double> also_s);

 private:
  void hear();
  void scan();
  InboxLook look_at(const std::string& name, InboxFacts& facts) const;

  std::filesystem::path folder_;
  WatcherSettings settings_;
  const core::Clock& clock_;
  core::Log& log_;
  Settling settling_;
  core::UniqueFd events_, timer_, all_;
  double next_scan_s_ = 0;
  bool lost_events_ = false;
  bool missing_ = false;  ///< the folder was not there at the last scan
};

/// The facts of a regular file or symbolic link; nothing for anything else.
std::optional<InboxFacts> inbox_facts(const std::filesystem::path& file);
/// Whether a process of this machine has the open file open for writing, as far as the system shows: a read
/// lease (fcntl(2)) is granted only where no process has.
bool is_being_written(int fd);

}  // namespace turbodiff::inbox
