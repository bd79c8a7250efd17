// Switching off with shutdown(8), where logind cannot be reached.
#pragma once

#include <filesystem>

#include "power/power_control.h"

namespace turbodiff::power {

/// Does not know inhibitors (they are logind's); sessions are those of utmp(5). A grace period of a minute or
/// more is shutdown's own, in whole minutes: `shutdown -h +N`, cancelled with `shutdown -c`.
class ShutdownCommand final : public PowerControl {
 public:
  /// `program` is looked up in PATH unless it has a slash.
  explicit ShutdownCommand(std::string program) : program_(std::move(program)) {}

  std::string obstacle(Action action) override;
  std::vector<std::string> inhibitors() override { return {}; }
  std::vector<UserSession> sessions() override;
  double grace_s(double asked_s) const override;
  void announce(Action action, std::int64_t at, double in_s, const std::string& message) override;
  bool called_off() override { return false; }
  void withdraw() override;
  void act(Action action) override;

 private:
  void call(std::vector<std::string> arguments);
  std::string program_;
  bool pending_ = false;
};

}  // namespace turbodiff::power
