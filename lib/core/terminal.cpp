#include "core/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "core/text/strings.h"

namespace turbodiff::core {

bool wants_colour(bool tty, const Environment& environment, bool no_color) {
  if (no_color || environment.has("NO_COLOR")) return false;
  const auto force = environment.get("CLICOLOR_FORCE");
  if (force && *force != "0") return true;
  return tty && environment.get("TERM") != "dumb";
}

int terminal_columns(int fd, const Environment& environment) {
  if (const auto columns = parse_integer(environment.get("COLUMNS").value_or("")))
    if (*columns > 0 && *columns <= 10000) return static_cast<int>(*columns);
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

bool is_tty(int fd) {
  return ::isatty(fd) == 1;
}

TerminalTraits inspect_terminal(int fd, const Environment& environment, bool no_color) {
  const bool tty = is_tty(fd);
  return {.tty = tty && environment.get("TERM") != "dumb",
          .colour = wants_colour(tty, environment, no_color),
          .columns = terminal_columns(fd, environment)};
}

}  // namespace turbodiff::core
