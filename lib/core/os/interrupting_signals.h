// The signals that request the end of a program.
#pragma once

#include <csignal>

namespace turbodiff::core {

/// SIGINT, SIGTERM, SIGHUP. Blocked while a program is replaced by another one (replace_process()), and
/// unblocked by install_signal_handlers() there, so that none is lost in between.
const sigset_t& interrupting_signals();

}  // namespace turbodiff::core
