// A message bus and a mock logind (python3-dbusmock) of a test's own: nothing here reaches the real machine.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/os/subprocess.h"
#include "testing.h"

struct sd_bus;

namespace turbodiff::testing {

class PrivateBus {
 public:
  /// Starts both, and points DBUS_SYSTEM_BUS_ADDRESS of this process at the bus.
  PrivateBus();
  ~PrivateBus();
  PrivateBus(const PrivateBus&) = delete;
  PrivateBus& operator=(const PrivateBus&) = delete;

  const std::string& address() const { return address_; }

  void add_session(const std::string& id, const std::string& user, std::uint32_t uid);
  void remove_session(const std::string& id);
  /// A lock as `systemd-inhibit` takes it; held until release_inhibitors().
  void inhibit(const std::string& what, const std::string& mode);
  void release_inhibitors();
  /// Python code of a method of the manager, as dbusmock's AddMethod takes it.
  void set_method(const std::string& name, const std::string& in, const std::string& out,
                  const std::string& code);
  /// What somebody else's `shutdown -c` does.
  void cancel_scheduled();
  /// Names of the methods of the manager called since the last call, without those that only ask.
  std::vector<std::string> take_actions();

 private:
  struct CloseBus {
    void operator()(sd_bus* bus) const;
  };
  TempDir folder_;
  std::string address_;
  std::unique_ptr<core::Subprocess> daemon_, mock_;
  std::unique_ptr<sd_bus, CloseBus> bus_;
  std::vector<int> locks_;
  /// Calls of the mock's list that were taken. It is never cleared: what came in between would be lost.
  std::size_t calls_taken_ = 0;
};

}  // namespace turbodiff::testing
