// turbodiff convert IN OUT
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "core/error.h"
#include "core/units.h"
#include "pipeline/convert.h"

namespace turbodiff::app {
namespace {

struct ConvertFlags {
  std::filesystem::path from, to;
  std::string component = "auto", dtype = "keep";
  bool quant_linear = false, force = false;
};

pipeline::Conversion conversion_of(const ConvertFlags& flags) {
  pipeline::Conversion wanted{.from = flags.from,
                              .to = std::filesystem::absolute(flags.to).lexically_normal()};
  wanted.quant_linear = flags.quant_linear;
  wanted.force = flags.force;
  using weights::Component;
  if (flags.component == "dit")
    wanted.component = Component::dit;
  else if (flags.component == "vae")
    wanted.component = Component::vae;
  else if (flags.component == "text-encoder")
    wanted.component = Component::text_encoder;
  if (flags.dtype == "bf16")
    wanted.dtype = Dtype::bf16;
  else if (flags.dtype == "fp16")
    wanted.dtype = Dtype::f16;
  else if (flags.dtype == "fp32")
    wanted.dtype = Dtype::f32;
  return wanted;
}

void run(cli::Program& program, const ConvertFlags& flags) {
  const pipeline::Conversion wanted = conversion_of(flags);
  const pipeline::Converted result = pipeline::convert(wanted, [&](std::uint64_t done, std::uint64_t total) {
    program.console().status(fmt::format("{} of {}", core::format_bytes(done), core::format_bytes(total)));
  });
  program.console().status("");
  if (program.flags().json)
    return program.print_json({{"path", wanted.to.string()},
                               {"component", weights::name_of(result.component)},
                               {"tensors", result.tensors},
                               {"quantised", result.quantised},
                               {"dropped", result.dropped},
                               {"bytes", result.bytes}});
  std::string line =
      fmt::format("{}: {}, {} tensors, {}", wanted.to.string(), weights::name_of(result.component),
                  result.tensors, core::format_bytes(result.bytes));
  if (result.quantised > 0) line += fmt::format(", {} layers in int8", result.quantised);
  if (result.dropped > 0) line += fmt::format(", {} tensors of other things left out", result.dropped);
  program.print(line + "\n");
}

}  // namespace

void add_convert(cli::Program& program) {
  const auto flags = std::make_shared<ConvertFlags>();
  CLI::App& command = program.add_command(
      "convert", "Write a checkpoint as safetensors, in another element type or with int8 linear layers",
      [flags](cli::Program& running) { run(running, *flags); });
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
