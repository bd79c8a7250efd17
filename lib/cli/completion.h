// Completion scripts for shells, generated from the command tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command_tree.h"

namespace turbodiff::cli {

/// "bash", "zsh", "fish"
std::vector<std::string> completion_shells();

/// The script for a shell. It completes commands, visible options, values that are one of a few, and file
/// names. Error bad_request for another shell.
std::string completion_script(const CommandView& program, std::string_view shell);

}  // namespace turbodiff::cli
