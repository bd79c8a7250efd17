#include "store/process_identity.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "core/os/unique_fd.h"
#include "core/text/strings.h"

namespace turbodiff::store {
namespace {

std::string read_all(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct ProcessStat {
  char state;
  std::int64_t start;
};

std::optional<ProcessStat> stat_of(pid_t pid) {
  const std::string text = read_all("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_end = text.rfind(')');  // the name may hold blanks and brackets
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  ProcessStat stat{};
  fields >> stat.state;
  std::string skipped;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  fields >> stat.start;
  return fields ? std::optional(stat) : std::nullopt;
}

}  // namespace

std::string current_boot_id() {
  return std::string(core::trim(read_all("/proc/sys/kernel/random/boot_id")));
}

std::optional<std::int64_t> process_start(pid_t pid) {
  const auto stat = stat_of(pid);
  if (!stat || stat->state == 'Z' || stat->state == 'X') return std::nullopt;
  return stat->start;
}

ProcessIdentity this_process() {
  return {current_boot_id(), ::getpid(), process_start(::getpid()).value_or(0)};
}

bool is_alive(const ProcessIdentity& process) {
  return process.pid > 0 && process.boot_id == current_boot_id() &&
         process_start(static_cast<pid_t>(process.pid)) == process.start;
}

bool kill_group(const ProcessIdentity& process, double timeout_s) {
  if (!is_alive(process)) return true;
  const auto pid = static_cast<pid_t>(process.pid);
  const core::UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  // Between the check and the descriptor the number may have been reused; the start time decides.
  const bool same = is_alive(process);
  if (same && ::kill(-pid, SIGKILL) != 0) ::kill(pid, SIGKILL);
  if (fd && same) {
    pollfd entry{fd.get(), POLLIN, 0};
    ::poll(&entry, 1, static_cast<int>(timeout_s * 1000));
  }
  return !is_alive(process);
}

}  // namespace turbodiff::store
