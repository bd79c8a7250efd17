#include "core/console.h"

#include "core/text/text_width.h"

namespace turbodiff::core {

Console::Console(std::ostream& out, TerminalTraits traits) : out_(out), traits_(traits) {}

Console::~Console() {
  status("");
}

// Carriage return and "erase to the end of the line" (ECMA-48 EL); the cursor is never hidden, so there is
// nothing to restore after a crash.
std::string Console::erase_sequence() const {
  return status_.empty() ? "" : "\r\x1b[K";
}

void Console::line(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  std::string bytes = erase_sequence();
  bytes.append(text).append("\n").append(status_);
  out_ << bytes << std::flush;
}

void Console::status(std::string_view text) {
  if (!traits_.tty) return;
  const std::scoped_lock lock(mutex_);
  std::string bytes = erase_sequence();
  // The last column stays free: writing there makes some terminals wrap.
  status_ = truncate_to_width(text, static_cast<std::size_t>(traits_.columns > 1 ? traits_.columns - 1 : 1));
  bytes += status_;
  if (!bytes.empty()) out_ << bytes << std::flush;
}

}  // namespace turbodiff::core
