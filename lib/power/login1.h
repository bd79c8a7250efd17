// Switching off through systemd-logind: org.freedesktop.login1(5) on the system bus, which
// DBUS_SYSTEM_BUS_ADDRESS names where it is not the usual one.
#pragma once

#include <memory>

#include "power/power_control.h"

struct sd_bus;

namespace turbodiff::power {

class Login1 final : public PowerControl {
 public:
  /// Error work_failed when there is no bus or no logind on it.
  Login1();
  ~Login1() override;

  std::string obstacle(Action action) override;
  /// Block inhibitors on shutdown or sleep. Checked here because PowerOff() does not respect them for every
  /// user in systemd before 257.
  std::vector<std::string> inhibitors() override;
  /// Sessions of class user; closing ones do not count.
  std::vector<UserSession> sessions() override;
  /// A scheduled dry shutdown: logind writes to the terminals and shows it in `shutdown --show`, and anyone
  /// may cancel it with `shutdown -c`, but the machine stays on if this process dies.
  void announce(Action action, std::int64_t at, double in_s, const std::string& message) override;
  bool called_off() override;
  void withdraw() override;
  void act(Action action) override;

 private:
  struct CloseBus {
    void operator()(sd_bus* bus) const;
  };
  std::unique_ptr<sd_bus, CloseBus> bus_;
  bool announced_ = false;
};

}  // namespace turbodiff::power
