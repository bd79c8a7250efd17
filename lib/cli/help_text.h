// Help texts for a terminal.
#pragma once

#include <string>

#include "cli/command_tree.h"

namespace turbodiff::cli {

/// Usage, summary, arguments, options by group and notes of `command`, wrapped to `columns`. `global` is the
/// program itself, whose options every command takes.
std::string help_text(const CommandView& command, const CommandView& global, int columns);

/// The output of a call without arguments: one line per command, and the notes.
std::string short_help(const CommandView& program, int columns);

/// Words of `text` in lines of at most `columns`; all lines but the first are indented by `indent` blanks.
std::string wrap(const std::string& text, std::size_t columns, std::size_t indent);

}  // namespace turbodiff::cli
