// CLI11's parse errors as Errors of this project.
#pragma once

#include "core/error.h"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace turbodiff::cli {

/// The command that was being parsed: the deepest one named on the command line.
const CLI::App& parsed_command(const CLI::App& app);

/// A parse error in one line, with a suggestion for a misspelt option. Code bad_request.
Error usage_error(const CLI::ParseError& error, const CLI::App& app, const std::string& program);

}  // namespace turbodiff::cli
