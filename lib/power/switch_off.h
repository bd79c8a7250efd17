// Switches the machine off once a batch is finished: after a grace period that anyone can cancel, and in
// which every reason to stay on is checked until the last moment.
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

/// Whose sessions keep the machine on. The session of this process never does.
enum class UsersRule { veto, others, ignore };

struct SwitchOffSettings {
  Action action = Action::shutdown;
  double grace_s = 600;
  /// A daemon: acts after each batch in which a job has run, and checks again when an objection no longer
  /// holds. Otherwise it acts once, and an objection ends it.
  bool staying = false;
  UsersRule users = UsersRule::veto;
  Machine machine;
  std::filesystem::path folder;                ///< of OperatorFiles
  std::optional<std::filesystem::path> inbox;  ///< files in it, but for hidden ones, keep the machine on
  std::function<std::vector<std::string>()> dropped;  ///< names of files that are not jobs yet; may be empty
  std::function<WakeAlarm()> wake_alarm;              ///< armed when a job is planned later
  /// Called when the alarm for an instant (seconds, UTC) could not be set; may be empty.
  std::function<void(std::int64_t at, const std::string& problem)> wake_failed = {};
  std::function<std::unique_ptr<PowerControl>()> connect;
  std::function<std::string(std::int64_t)> label;  ///< formats an instant
};

class SwitchOff final : public AfterBatch {
 public:
  SwitchOff(SwitchOffSettings settings, const core::Clock& clock, core::Log& log);
  /// Cancels a countdown.
  ~SwitchOff() override;

  std::optional<std::int64_t> look(const BatchState& batch) override;
  void job_starts() override;
  /// A daemon sets the wake alarm for its next job even if the machine is switched off by hand.
  void stopping(const BatchState& batch) override;
  int fd() const override { return watch_.fd(); }

  bool counting() const { return control_ != nullptr; }
  /// The result of the last check.
  const Decision& decision() const { return decision_; }
  bool acted() const { return acted_; }

 private:
  std::optional<std::int64_t> begin(const BatchState& batch);
  std::optional<std::int64_t> count(const BatchState& batch);
  /// Keeps the machine on for now: a daemon checks again, `run` has finished.
  std::optional<std::int64_t> stay(const BatchState& batch);
  Facts facts(const BatchState& batch, PowerControl& control, double left_s) const;
  std::vector<std::string> inbox_files() const;
  void arm(const std::optional<std::int64_t>& wake_at, std::int64_t now);
  /// Clears an alarm that an earlier process has set and that is no longer needed.
  void clear_old_alarm();
  void announce(std::int64_t at, double in_s);
  void call_off(const std::string& why);
  void fail(const std::string& what);

  SwitchOffSettings settings_;
  const core::Clock& clock_;
  core::Log& log_;
  OperatorFiles files_;
  FolderWatch watch_;
  std::unique_ptr<PowerControl> control_;  ///< while the countdown runs
  double ends_at_s_ = 0;                   ///< monotonic
  std::optional<std::int64_t> armed_;      ///< by this process
  Decision decision_;
  std::string logged_;          ///< reasons last logged
  std::optional<int> handled_;  ///< number of finished attempts at the batch that was handled last
  std::int64_t next_look_ = 0;
  bool acted_ = false;
};

}  // namespace turbodiff::power
