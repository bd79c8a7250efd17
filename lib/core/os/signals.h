// Ctrl-C as a flag that long work checks.
#pragma once

namespace turbodiff::core {

/// SIGINT, SIGTERM and SIGHUP (unless it is ignored already, as under nohup) set a flag; SIGPIPE and SIGXFSZ
/// are ignored, so that a closed pipe and a file over the size limit are write errors. Blocking system calls
/// return EINTR. Signals that were blocked while this program was loaded are delivered now. Called once, by
/// main().
void install_signal_handlers();

/// True once such a signal has arrived; further ones change nothing. Async-signal-safe, any thread.
bool interrupted();

/// Error interrupted when interrupted().
void throw_if_interrupted();

/// Clears the flag: for tests and for a worker that survives a cancelled job.
void clear_interrupt();

}  // namespace turbodiff::core
