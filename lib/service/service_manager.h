// sd_notify(3): reports the service's state to systemd.
#pragma once

#include <string>

#include "core/environment.h"

namespace turbodiff::service {

class ServiceManager {
 public:
  /// Reads NOTIFY_SOCKET; without it notify() does nothing.
  explicit ServiceManager(const core::Environment& environment);
  /// "READY=1", "STATUS=...", "STOPPING=1". Never fails.
  void notify(const std::string& state) const;

 private:
  std::string socket_;
};

}  // namespace turbodiff::service
