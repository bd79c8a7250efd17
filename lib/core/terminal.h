// Properties of the terminal behind a file descriptor.
#pragma once

#include "core/environment.h"

namespace turbodiff::core {

struct TerminalTraits {
  bool tty = false;     ///< a terminal that understands carriage returns (not TERM=dumb)
  bool colour = false;  ///< ANSI colours are wanted
  int columns = 80;
};

/// Colour is on for a terminal; off with `no_color`, NO_COLOR or TERM=dumb; on without a terminal with
/// CLICOLOR_FORCE other than 0. `no_color` wins, then NO_COLOR. (no-color.org, bixense.com/clicolors)
bool wants_colour(bool tty, const Environment& environment, bool no_color);

/// Width in columns: COLUMNS when it is a number above 0, else the terminal's own, else 80.
int terminal_columns(int fd, const Environment& environment);

bool is_tty(int fd);

TerminalTraits inspect_terminal(int fd, const Environment& environment, bool no_color = false);

}  // namespace turbodiff::core
