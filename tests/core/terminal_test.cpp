#include "core/terminal.h"

#include <fcntl.h>
#include <unistd.h>

#include "testing.h"

using namespace turbodiff::core;

TEST_CASE("colour follows the flag, NO_COLOR, CLICOLOR_FORCE and the terminal") {
  const Environment plain;
  const Environment no_color({{"NO_COLOR", "1"}, {"CLICOLOR_FORCE", "1"}});
  const Environment forced({{"CLICOLOR_FORCE", "1"}});
  const Environment not_forced({{"CLICOLOR_FORCE", "0"}});
  CHECK(wants_colour(true, plain, false));
  CHECK_FALSE(wants_colour(false, plain, false));
  CHECK_FALSE(wants_colour(true, plain, true));
  CHECK_FALSE(wants_colour(true, no_color, false));
  CHECK(wants_colour(false, forced, false));
  CHECK_FALSE(wants_colour(false, forced, true));
  CHECK_FALSE(wants_colour(false, not_forced, false));
  CHECK_FALSE(wants_colour(true, Environment({{"TERM", "dumb"}}), false));
  CHECK(wants_colour(true, Environment({{"NO_COLOR", ""}}), false));
}

TEST_CASE("a file is no terminal and 80 columns wide") {
  const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  const TerminalTraits traits = inspect_terminal(fd, Environment());
  CHECK_FALSE(traits.tty);
  CHECK_FALSE(traits.colour);
  CHECK(traits.columns == 80);
  CHECK(terminal_columns(fd, Environment({{"COLUMNS", "120"}})) == 120);
  for (const char* wrong : {"0", "-3", "wide", "99999999999"})
    CHECK(terminal_columns(fd, Environment({{"COLUMNS", wrong}})) == 80);
  ::close(fd);
}

TEST_CASE("a pseudo terminal is a terminal") {
  const int fd = ::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return;  // no pty in this sandbox
  CHECK(inspect_terminal(fd, Environment({{"TERM", "xterm"}})).tty);
  CHECK_FALSE(inspect_terminal(fd, Environment({{"TERM", "dumb"}})).tty);
  ::close(fd);
}
