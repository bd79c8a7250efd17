// Messages for the user at the terminal or in the journal. Standard output is for results alone.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "core/console.h"
#include "core/environment.h"

namespace turbodiff::core {

enum class LogLevel { error, warn, info, debug };

struct LogOptions {
  LogLevel level = LogLevel::info;  ///< messages of a higher level are dropped
  bool journald = false;            ///< begin lines with the `<N>` of sd-daemon(3)
};

/// --quiet shows errors only, --verbose everything, --quiet wins; journald when JOURNAL_STREAM is set and the
/// console is no terminal.
LogOptions log_options(bool quiet, bool verbose, const Environment& environment,
                       const TerminalTraits& traits);

/// Writes "error: ...", "warning: ...", "..." and "debug: ..." to a console. Every message is one line:
/// control characters in it are escaped. Thread-safe.
class Log {
 public:
  explicit Log(Console& console, LogOptions options = {}) : console_(console), options_(options) {}

  bool shows(LogLevel level) const { return level <= options_.level; }
  void write(LogLevel level, std::string_view text);

  template <typename... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) {
    format_and_write(LogLevel::error, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) {
    format_and_write(LogLevel::warn, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) {
    format_and_write(LogLevel::info, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) {
    format_and_write(LogLevel::debug, format, std::forward<Args>(args)...);
  }

 private:
  template <typename... Args>
  void format_and_write(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
    if (shows(level)) write(level, fmt::format(format, std::forward<Args>(args)...));
  }
  Console& console_;
  LogOptions options_;
};

}  // namespace turbodiff::core
