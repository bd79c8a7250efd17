#include "core/log.h"

#include <string>

#include "core/text/text_width.h"

namespace turbodiff::core {
namespace {

struct LevelStyle {
  std::string_view journal;
  std::string_view colour;
  std::string_view label;
};

/// Priorities of sd-daemon(3): 3 error, 4 warning, 6 informational, 7 debug.
LevelStyle style_of(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return {"<3>", "\x1b[1;31m", "error: "};
    case LogLevel::warn:
      return {"<4>", "\x1b[1;33m", "warning: "};
    case LogLevel::info:
      return {"<6>", "", ""};
    case LogLevel::debug:
      return {"<7>", "\x1b[2m", "debug: "};
  }
  return {"", "", ""};
}

}  // namespace

LogOptions log_options(bool quiet, bool verbose, const Environment& environment,
                       const TerminalTraits& traits) {
  LogOptions options;
  if (verbose) options.level = LogLevel::debug;
  if (quiet) options.level = LogLevel::error;
  options.journald = environment.has("JOURNAL_STREAM") && !traits.tty;
  return options;
}

void Log::write(LogLevel level, std::string_view text) {
  if (!shows(level)) return;
  const LevelStyle style = style_of(level);
  std::string line;
  if (options_.journald) line += style.journal;
  const bool colour = console_.traits().colour && !options_.journald && !style.colour.empty();
  if (colour) line += style.colour;
  line += style.label;
  if (colour) line += "\x1b[0m";
  line += escape_control(text);
  console_.line(line);
}

}  // namespace turbodiff::core
