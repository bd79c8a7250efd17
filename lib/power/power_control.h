// What a machine offers to be switched off with: systemd-logind, or shutdown(8) where there is no logind.
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

/// A person who is logged in.
struct UserSession {
  std::string id, user;
  std::uint32_t uid = 0;
  bool ours = false;  ///< the session that this process belongs to
};

/// Every call may throw Error work_failed when the machine does not answer.
class PowerControl {
 public:
  virtual ~PowerControl() = default;
  /// Why this machine or user may not do that; empty when nothing is in the way.
  virtual std::string obstacle(Action action) = 0;
  /// Programs that ask for the machine to stay on, in words.
  virtual std::vector<std::string> inhibitors() = 0;
  virtual std::vector<UserSession> sessions() = 0;

  /// The grace period that is possible instead of `asked_s` seconds; never shorter.
  virtual double grace_s(double asked_s) const { return asked_s; }
  /// Tells everyone who is logged in; act() follows in `in_s` seconds, at `at` (seconds, UTC).
  virtual void announce(Action action, std::int64_t at, double in_s, const std::string& message) = 0;
  /// Whether someone has called off what was announced, as with `shutdown -c`.
  virtual bool called_off() = 0;
  /// Takes the announcement back.
  virtual void withdraw() = 0;
  /// Does it, at once.
  virtual void act(Action action) = 0;
};

}  // namespace turbodiff::power
