// CLI11's complaints in our words.
#pragma once

#include "core/error.h"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace turbodiff::cli {

/// The command that was being parsed: the deepest one named on the command line.
const CLI::App& parsed_command(const CLI::App& app);

/// One line for what is wrong with a command line, with the option that was probably meant. Code bad_request.
Error usage_error(const CLI::ParseError& error, const CLI::App& app, const std::string& program);

}  // namespace turbodiff::cli
