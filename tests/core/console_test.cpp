#include "core/console.h"

#include <sstream>

#include "testing.h"

using turbodiff::core::Console;

TEST_CASE("without a terminal there is no status line and no control code") {
  std::ostringstream out;
  {
    Console console(out, {.tty = false});
    console.status("bar");
    console.line("one");
    console.status("");
  }
  CHECK(out.str() == "one\n");
}

TEST_CASE("lines go above the status line, which is erased at the end") {
  std::ostringstream out;
  {
    Console console(out, {.tty = true, .colour = false, .columns = 10});
    console.status("bar");
    console.line("one");
    console.status("a long status line");
  }
  CHECK(out.str() == "bar\r\x1b[Kone\nbar\r\x1b[Ka long s…\r\x1b[K");
}
