#include "core/log.h"

#include <sstream>

#include "testing.h"

using namespace turbodiff::core;

namespace {
std::string logged(LogOptions options, TerminalTraits traits = {}) {
  std::ostringstream out;
  Console console(out, traits);
  Log log(console, options);
  log.error("no {}", "file");
  log.warn("slow");
  log.info("{} steps", 4);
  log.debug("shape");
  return out.str();
}
}  // namespace

TEST_CASE("a level hides what is beyond it") {
  CHECK(logged({.level = LogLevel::error}) == "error: no file\n");
  CHECK(logged({.level = LogLevel::info}) == "error: no file\nwarning: slow\n4 steps\n");
  CHECK(logged({.level = LogLevel::debug}) == "error: no file\nwarning: slow\n4 steps\ndebug: shape\n");
}

TEST_CASE("the journal gets priorities and no colour") {
  CHECK(logged({.level = LogLevel::debug, .journald = true}, {.colour = true}) ==
        "<3>error: no file\n<4>warning: slow\n<6>4 steps\n<7>debug: shape\n");
}

TEST_CASE("only the label is coloured") {
  CHECK(logged({.level = LogLevel::info}, {.colour = true}) ==
        "\x1b[1;31merror: \x1b[0mno file\n\x1b[1;33mwarning: \x1b[0mslow\n4 steps\n");
}

TEST_CASE("a message cannot forge a line or steer the terminal") {
  std::ostringstream out;
  Console console(out, {});
  Log(console).info("{}", "a\n<0>forged\x1b[2J");
  CHECK(out.str() == "a\\n<0>forged\\x1b[2J\n");
}

TEST_CASE("options come from the flags and JOURNAL_STREAM") {
  const Environment journal({{"JOURNAL_STREAM", "8:123"}});
  CHECK(log_options(false, false, {}, {}).level == LogLevel::info);
  CHECK(log_options(true, false, {}, {}).level == LogLevel::error);
  CHECK(log_options(false, true, {}, {}).level == LogLevel::debug);
  CHECK(log_options(true, true, {}, {}).level == LogLevel::error);
  CHECK(log_options(false, false, journal, {.tty = false}).journald);
  CHECK_FALSE(log_options(false, false, journal, {.tty = true}).journald);
  CHECK_FALSE(log_options(false, false, {}, {}).journald);
}
