// The stream that log lines and the progress bar share.
#pragma once

#include <mutex>
#include <ostream>
#include <string>
#include <string_view>

#include "core/terminal.h"

namespace turbodiff::core {

/// Lines are written whole, and a transient status line (the progress bar) stays below them. Thread-safe. The
/// status line exists on a terminal only; elsewhere status() does nothing and no control code is ever
/// written.
class Console {
 public:
  /// `out` is stderr in the programs, and must outlive the console.
  Console(std::ostream& out, TerminalTraits traits);
  /// Erases the status line.
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  const TerminalTraits& traits() const { return traits_; }
  /// Writes `text` and a newline; the status line is erased first and redrawn after.
  void line(std::string_view text);
  /// Replaces the status line, cut to the terminal's width; empty erases it.
  void status(std::string_view text);

 private:
  std::string erase_sequence() const;
  std::ostream& out_;
  TerminalTraits traits_;
  std::mutex mutex_;
  std::string status_;
};

}  // namespace turbodiff::core
