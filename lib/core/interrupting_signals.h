// The signals that ask a program to end.
#pragma once

#include <csignal>

namespace turbodiff::core {

/// SIGINT, SIGTERM, SIGHUP. Blocked while a program becomes another one (replace_process()), and let through
/// by install_signal_handlers() there, so that none is lost in between.
const sigset_t& interrupting_signals();

}  // namespace turbodiff::core
