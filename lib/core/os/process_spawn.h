// Starting a child process; used by Subprocess, which manages it.
#pragma once

#include <sys/types.h>

#include "core/os/subprocess.h"

namespace turbodiff::core {

/// Changes to this process's environment for another process; nullopt removes a variable.
using EnvironmentChanges = std::map<std::string, std::optional<std::string>>;

/// A started child and this process's ends of its pipes: non-blocking, close-on-exec, -1 where there is no
/// pipe. The caller closes them and reaps the child.
struct SpawnedProcess {
  pid_t pid = -1;
  int input = -1;
  int output = -1;
  int errors = -1;
};

/// Closes `fd` where there is one; it is -1 afterwards.
void close_fd(int& fd);

/// posix_spawn(3) with `options`. The child gets the descriptors 0, 1, 2 only, default signal dispositions
/// and an empty signal mask. Error not_found when the program does not exist, bad_request when the working
/// folder does not, work_failed for other failures.
SpawnedProcess spawn_process(const SubprocessOptions& options);

/// Replaces this process by `program` with these arguments: process id, descriptors, folder and limits are
/// kept. A SIGINT, SIGTERM or SIGHUP that arrives meanwhile is pending until `program` calls
/// install_signal_handlers(). Returns an errno when it fails; EINTR when interrupted() already.
int replace_process(const std::filesystem::path& program, char* const* arguments,
                    const EnvironmentChanges& changes);

}  // namespace turbodiff::core
