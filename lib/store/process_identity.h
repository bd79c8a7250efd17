// Which process is meant, beyond reuse of process numbers and reboots.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace turbodiff::store {

/// A process by its number, when it began (clock ticks since boot, proc(5) stat field 22), and the boot it
/// runs in.
struct ProcessIdentity {
  std::string boot_id;
  std::int64_t pid = 0;
  std::int64_t start = 0;
  bool operator==(const ProcessIdentity&) const = default;
};

/// Of this boot (/proc/sys/kernel/random/boot_id).
std::string current_boot_id();
/// Clock ticks since boot at which process `pid` began; nothing when there is none.
std::optional<std::int64_t> process_start(pid_t pid);
ProcessIdentity this_process();
/// Whether exactly this process still runs; no clock and no age is looked at.
bool is_alive(const ProcessIdentity& process);
/// SIGKILL to the process group of exactly this process, if it still runs, and waits up to `timeout_s` until
/// it is gone. Returns whether it is.
bool kill_group(const ProcessIdentity& process, double timeout_s);

}  // namespace turbodiff::store
