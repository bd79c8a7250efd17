#include "power/shutdown_command.h"

#include <fmt/format.h>
#include <utmpx.h>

#include <cmath>
#include <cstring>

#include "core/error.h"
#include "core/os/subprocess.h"
#include "core/text/strings.h"

namespace turbodiff::power {

std::string ShutdownCommand::obstacle(Action action) {
  if (action == Action::shutdown) return {};
  return "systemd-logind cannot be reached, and only it can " + std::string(name_of(action));
}

std::vector<UserSession> ShutdownCommand::sessions() {
  std::vector<UserSession> sessions;
  ::setutxent();
  while (const utmpx* entry = ::getutxent()) {
    if (entry->ut_type != USER_PROCESS) continue;
    sessions.push_back({{entry->ut_line, ::strnlen(entry->ut_line, sizeof entry->ut_line)},
                        {entry->ut_user, ::strnlen(entry->ut_user, sizeof entry->ut_user)}});
  }
  ::endutxent();
  return sessions;
}

double ShutdownCommand::grace_s(double asked_s) const {
  return asked_s < 60 ? asked_s : std::ceil(asked_s / 60) * 60;
}

void ShutdownCommand::announce(Action, std::int64_t, double in_s, const std::string& message) {
  if (in_s < 60) return;
  call({"-h", fmt::format("+{}", std::lround(in_s / 60)), message});
  pending_ = true;
}

void ShutdownCommand::withdraw() {
  if (!pending_) return;
  call({"-c"});
  pending_ = false;
}

void ShutdownCommand::act(Action) {
  if (!pending_) call({"-h", "+0"});
  pending_ = false;
}

void ShutdownCommand::call(std::vector<std::string> arguments) {
  const std::string shown = program_ + " " + arguments[0];
  arguments.insert(arguments.begin(), program_);
  core::CompletedProcess done;
  try {
    done = core::run_process({.argv = std::move(arguments)});
  } catch (const Error& error) {
    throw Error::work_failed(error.message(), "set power.shutdown_command");
  }
  if (done.status.ok()) return;
  const std::string why(core::trim(done.errors));
  throw Error::work_failed(fmt::format("'{}' failed: {}", shown, why.empty() ? done.status.describe() : why));
}

}  // namespace turbodiff::power
