// Switching the machine off once a batch is finished: a grace period that anyone can end, with every reason
// to stay on looked at until its last moment.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "core/clock.h"
#include "core/log.h"
#include "power/after_batch.h"
#include "power/operator_files.h"
#include "power/power_control.h"
#include "power/wake_alarm.h"

namespace turbodiff::power {

/// Whose sessions keep the machine on. The one that this process belongs to never does.
enum class UsersRule { veto, others, ignore };

struct SwitchOffSettings {
  Action action = Action::shutdown;
  double grace_s = 600;
  /// A daemon: acts after each batch in which a job has run, and looks again when a reason against it is
  /// gone. Else once, and what stands against it then ends it.
  bool staying = false;
  UsersRule users = UsersRule::veto;
  Machine machine;
  std::filesystem::path folder;                ///< of OperatorFiles
  std::optional<std::filesystem::path> inbox;  ///< files in it, but for hidden ones, keep the machine on
  std::function<std::vector<std::string>()> dropped;  ///< names of files that are no jobs yet; may be empty
  std::function<WakeAlarm()> wake_alarm;              ///< armed when a job is planned later
  /// Told when the alarm for an instant (seconds, UTC) could not be set; may be empty.
  std::function<void(std::int64_t at, const std::string& problem)> wake_failed = {};
  std::function<std::unique_ptr<PowerControl>()> connect;
  std::function<std::string(std::int64_t)> label;  ///< how an instant reads
};

class SwitchOff final : public AfterBatch {
 public:
  SwitchOff(SwitchOffSettings settings, const core::Clock& clock, core::Log& log);
  /// Calls a countdown off.
  ~SwitchOff() override;

  std::optional<std::int64_t> look(const Rest& rest) override;
  void job_starts() override;
  /// A daemon has the machine woken for its next job even if it is switched off by hand.
  void stopping(const Rest& rest) override;
  int fd() const override { return watch_.fd(); }

  bool counting() const { return control_ != nullptr; }
  /// Of the last look at what stands against it.
  const Decision& decision() const { return decision_; }
  bool acted() const { return acted_; }

 private:
  std::optional<std::int64_t> begin(const Rest& rest);
  std::optional<std::int64_t> count(const Rest& rest);
  /// Stays on for now: a daemon looks again, `run` is through.
  std::optional<std::int64_t> stay(const Rest& rest);
  Facts facts(const Rest& rest, PowerControl& control, double left_s) const;
  std::vector<std::string> inbox_files() const;
  void arm(const std::optional<std::int64_t>& wake_at, std::int64_t now);
  /// Of an alarm that an earlier process has set and nothing needs any more.
  void clear_old_alarm();
  void announce(std::int64_t at, double in_s);
  void call_off(const std::string& why);
  void fail(const std::string& what);

  SwitchOffSettings settings_;
  const core::Clock& clock_;
  core::Log& log_;
  OperatorFiles files_;
  FolderWatch watch_;
  std::unique_ptr<PowerControl> control_;  ///< while it counts
  double ends_at_s_ = 0;                   ///< monotonic
  std::optional<std::int64_t> armed_;      ///< by this process
  Decision decision_;
  std::string told_;            ///< reasons last logged
  std::optional<int> handled_;  ///< finished attempts at the batch that has had its turn
  std::int64_t next_look_ = 0;
  bool acted_ = false;
};

}  // namespace turbodiff::power
