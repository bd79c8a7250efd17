// turbodiff worker: takes no arguments
#include <CLI/CLI.hpp>

#include "commands.h"
#include "engine_commands.h"

namespace turbodiff::app {

void add_worker(cli::Program& program) {
  CLI::App& command = program.add_command(
      "worker", "Run the generations requested on standard input, in JSON lines", run_worker);
  command.group("");
}

}  // namespace turbodiff::app
