// turbodiff-sched completion SHELL
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/completion.h"
#include "commands.h"
#include "core/text/strings.h"

namespace turbodiff::app {

void add_completion(Queue& queue) {
  const auto shell = std::make_shared<std::string>();
  CLI::App& command = queue.program().add_command(
      "completion", "Print a completion script for a shell", [shell](cli::Program& running) {
        const std::string script =
            cli::completion_script(cli::view_of(running.app(), running.info().name), *shell);
        if (running.flags().json)
          running.print_json({{"shell", *shell}, {"script", script}});
        else
          running.print(script);
      });
  command.add_option("SHELL", *shell, "Shell to complete for")
      ->required()
      ->type_name(core::join(cli::completion_shells(), "|"))
      ->group("Arguments");
}

}  // namespace turbodiff::app
