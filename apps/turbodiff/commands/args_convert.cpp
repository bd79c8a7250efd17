// turbodiff convert IN OUT: its arguments
#include <CLI/CLI.hpp>
#include <memory>

#include "commands.h"
#include "engine_commands.h"

namespace turbodiff::app {

void add_convert(cli::Program& program) {
  const auto flags = std::make_shared<ConvertFlags>();
  CLI::App& command = program.add_command(
      "convert", "Write a checkpoint as safetensors, in another element type or with int8 linear layers",
      [flags](cli::Program& running) { run_convert(running, *flags); });
  command.add_option("IN", flags->from, "Checkpoint: .pth, .safetensors, .gguf or a sharded index")
      ->type_name("IN")
      ->required();
  command.add_option("OUT", flags->to, "File to write, .safetensors")->type_name("OUT")->required();
  command.add_flag("--quant-linear", flags->quant_linear,
                   "Linear layers of the transformer's blocks in int8, with a scale for each 128x128 block");
  command
      .add_option("--dtype", flags->dtype,
                  "Element type of the rest: keep (block formats become bf16), bf16, fp16 or fp32")
      ->type_name("keep|bf16|fp16|fp32")
      ->check(CLI::IsMember({"keep", "bf16", "fp16", "fp32"}));
  command.add_option("--component", flags->component, "What the file is: auto, dit, vae or text-encoder")
      ->type_name("NAME")
      ->check(CLI::IsMember({"auto", "dit", "vae", "text-encoder"}));
  command.add_flag("-f,--force", flags->force, "Replace a file that exists");
}

}  // namespace turbodiff::app
