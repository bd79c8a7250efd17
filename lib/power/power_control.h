// The interface for switching the machine off: systemd-logind, or shutdown(8) where there is no logind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::power {

enum class Action { shutdown, suspend, hibernate };

std::string_view name_of(Action action);
std::optional<Action> action_named(std::string_view name);

/// A session of a logged-in user.
struct UserSession {
  std::string id, user;
  std::uint32_t uid = 0;
  bool ours = false;  ///< the session that this process belongs to
};

/// Every call may throw Error work_failed when the machine does not respond.
class PowerControl {
 public:
  virtual ~PowerControl() = default;
  /// Why this machine or user cannot perform the action; empty when it can.
  virtual std::string obstacle(Action action) = 0;
  /// The programs that inhibit a shutdown, as text.
  virtual std::vector<std::string> inhibitors() = 0;
  virtual std::vector<UserSession> sessions() = 0;

  /// The grace period that is used instead of `asked_s` seconds; never shorter.
  virtual double grace_s(double asked_s) const { return asked_s; }
  /// Notifies all logged-in users; act() follows in `in_s` seconds, at `at` (seconds, UTC).
  virtual void announce(Action action, std::int64_t at, double in_s, const std::string& message) = 0;
  /// Whether someone has cancelled the announced action, as with `shutdown -c`.
  virtual bool called_off() = 0;
  /// Withdraws the announcement.
  virtual void withdraw() = 0;
  /// Performs the action at once.
  virtual void act(Action action) = 0;
};

}  // namespace turbodiff::power
