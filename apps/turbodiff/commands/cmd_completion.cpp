// turbodiff completion SHELL
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/completion.h"
#include "commands.h"
#include "core/text/strings.h"

namespace turbodiff::app {

void add_completion(cli::Program& program) {
  const auto shell = std::make_shared<std::string>();
  CLI::App& command = program.add_command(
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
  command.footer(
      "Put it where the shell looks for it:\n"
      "  turbodiff completion bash > ~/.local/share/bash-completion/completions/turbodiff\n"
      "  turbodiff completion zsh > ~/.zfunc/_turbodiff\n"
      "  turbodiff completion fish > ~/.config/fish/completions/turbodiff.fish");
}

}  // namespace turbodiff::app
