// Starting a child process; used by Subprocess, which looks after it.
#pragma once

#include <sys/types.h>

#include "core/subprocess.h"

namespace turbodiff::core {

/// Changes to this process's variables for another; nothing unsets one.
using EnvironmentChanges = std::map<std::string, std::optional<std::string>>;

/// A started child and our ends of its pipes: non-blocking, close-on-exec, -1 where there is no pipe. The
/// caller closes them and reaps the child.
struct SpawnedProcess {
  pid_t pid = -1;
  int input = -1;
  int output = -1;
  int errors = -1;
};

/// Closes `fd` where there is one; it is -1 afterwards.
void close_fd(int& fd);

/// posix_spawn(3) with `options`. The child keeps the descriptors 0, 1, 2 alone, has default signal
/// dispositions and an empty signal mask. Error not_found when the program does not exist, bad_request when
/// the working folder does not, work_failed else.
SpawnedProcess spawn_process(const SubprocessOptions& options);

/// Goes on as `program` with these arguments: process id, descriptors, folder and limits stay. A SIGINT,
/// SIGTERM or SIGHUP that comes meanwhile is kept until `program` calls install_signal_handlers(). Returns an
/// errno when it fails; EINTR when interrupted() already.
int replace_process(const std::filesystem::path& program, char* const* arguments,
                    const EnvironmentChanges& changes);

}  // namespace turbodiff::core
