// Starting a child process; used by Subprocess, which looks after it.
#pragma once

#include <sys/types.h>

#include "core/subprocess.h"

namespace turbodiff::core {

/// A started child and our ends of its pipes: non-blocking, close-on-exec, -1 where there is no pipe. The
/// caller closes them and reaps the child.
struct SpawnedProcess {
  pid_t pid = -1;
  int input = -1;
  int output = -1;
  int errors = -1;
};

/// posix_spawn(3) with `options`. The child keeps the descriptors 0, 1, 2 alone, has default signal
/// dispositions and an empty signal mask. Error not_found when the program does not exist, bad_request when
/// the working folder does not, work_failed else.
SpawnedProcess spawn_process(const SubprocessOptions& options);

}  // namespace turbodiff::core
