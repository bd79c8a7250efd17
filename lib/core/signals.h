// Ctrl-C as a flag that long work looks at.
#pragma once

namespace turbodiff::core {

/// SIGINT, SIGTERM and SIGHUP (unless it is ignored already, as under nohup) raise a flag; SIGPIPE is
/// ignored, so that a closed pipe is a write error. Blocking system calls return EINTR. Called once, by
/// main().
void install_signal_handlers();

/// True since the first such signal; further ones change nothing. Async-signal-safe, any thread.
bool interrupted();

/// Error interrupted when interrupted().
void throw_if_interrupted();

/// Lowers the flag again: for tests and for a worker that survives a cancelled job.
void clear_interrupt();

}  // namespace turbodiff::core
