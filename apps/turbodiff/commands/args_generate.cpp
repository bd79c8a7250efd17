// turbodiff generate [PROMPT]: its arguments
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/request_flags.h"
#include "commands.h"
#include "engine_commands.h"

namespace turbodiff::app {

void add_generate(cli::Program& program) {
  const auto flags = std::make_shared<GenerateFlags>();
  CLI::App& command = program.add_command("generate", "Make videos from prompts",
                                          [flags](cli::Program& running) { run_generate(running, *flags); });
  cli::add_prompt_arguments(command, flags->prompts);
  cli::add_request_flags(command, flags->options);
  command.add_option("--from", flags->from, "Repeat a generation from the recipe in its video")
      ->type_name("FILE")
      ->group("Prompt");
  command
      .add_flag("--dry-run", flags->dry_run,
                "Check the request and show what would be done, without doing it")
      ->group("Output");
  command.add_option("--progress", flags->progress, "Style of the progress display on standard error")
      ->type_name("auto|bar|lines|json|none")
      ->group("Output");
  command
      .add_flag("--serve", flags->serve,
                "Read prompts from standard input one at a time and keep the model loaded")
      ->group("");
  command.footer(
      "Examples:\n"
      "  turbodiff generate \"a red circle moving right\" -o circle.mp4\n"
      "  turbodiff generate \"a blue square\" --num-samples 4 --grid -o grid.webm\n"
      "  turbodiff generate --from circle.mp4 --seed 7 -o again.mp4\n"
      "  turbodiff generate --dit TurboWan2.1-T2V-1.3B-480P.pth --vae Wan2.1_VAE.pth \\\n"
      "    --text-encoder models_t5_umt5-xxl-enc-bf16.pth --dry-run \"a fox in the snow\"");
}

}  // namespace turbodiff::app
