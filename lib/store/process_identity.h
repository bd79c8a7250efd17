// Identifies a process beyond reuse of process numbers and reboots.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace turbodiff::store {

/// A process by its number, its start (clock ticks since boot, proc(5) stat field 22), and its boot.
struct ProcessIdentity {
  std::string boot_id;
  std::int64_t pid = 0;
  std::int64_t start = 0;
  bool operator==(const ProcessIdentity&) const = default;
};

/// The id of the current boot (/proc/sys/kernel/random/boot_id).
std::string current_boot_id();
/// Clock ticks since boot at which process `pid` began; nothing when there is none.
std::optional<std::int64_t> process_start(pid_t pid);
ProcessIdentity this_process();
/// Whether exactly this process is still running; depends on no clock and no age.
bool is_alive(const ProcessIdentity& process);
/// Sends SIGKILL to the process group of exactly this process, if it is still running, and waits up to
/// `timeout_s` until it has ended. Returns whether it has.
bool kill_group(const ProcessIdentity& process, double timeout_s);

}  // namespace turbodiff::store
