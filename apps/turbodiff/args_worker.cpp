// turbodiff worker: takes no arguments
#include <CLI/CLI.hpp>

#include "commands.h"
#include "engine_commands.h"

namespace turbodiff::app {

void add_worker(cli::Program& program) {
  CLI::App& command =
      program.add_command("worker", "Generate what standard input orders, in JSON lines", run_worker);
  command.group("");
}

}  // namespace turbodiff::app
