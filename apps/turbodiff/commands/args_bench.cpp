// turbodiff bench: its arguments
#include <CLI/CLI.hpp>
#include <memory>

#include "bench/make_checkpoint.h"
#include "cli/numbers.h"
#include "commands.h"
#include "core/text/strings.h"
#include "engine_commands.h"

namespace turbodiff::app {

void add_bench(cli::Program& program) {
  const auto flags = std::make_shared<BenchFlags>();
  const std::string choices = core::join(bench::random_checkpoint_names(), "|");
  CLI::App& command =
      program.add_command("bench", "Measure the networks against this machine's matrix product",
                          [flags](cli::Program& running) { run_bench(running, *flags); });
  const auto add = [&](const std::string& names, auto& target, const char* value, const char* help,
                       const char* group) {
    return command.add_option(names, target, help)->type_name(value)->group(group);
  };
  add("-m,--model", flags->model, "NAME", "Model to measure, by name or folder; the demo without it",
      "Model");
  add("--dit", flags->dit, "FILE", "Transformer weights", "Model");
  add("--vae", flags->vae, "FILE", "Autoencoder weights", "Model");
  add("--text-encoder", flags->text_encoder, "FILE", "Text encoder weights", "Model");
  add("--size", flags->size, "WxH", "Width and height in pixels", "Work");
  add("--frames", flags->frames, "N", "Number of frames, 4k+1", "Work");
  command.add_flag("--ops", flags->ops, "Measure single operators in the sizes of Wan2.1 1.3B instead")
      ->group("Work");
  add("--tokens", flags->tokens, "N", "Tokens of --ops; 32760 are 832x480, 81 frames", "Work")
      ->check(cli::whole_between(1, 1 << 20));
  add("--attention", flags->attention, "KIND",
      "auto, original, sla or sagesla: a sparse kind is measured too", "Work");
  add("--sla-topk", flags->sla_topk, "RATIO", "Share of the key blocks that sparse attention keeps", "Work")
      ->check(cli::number_between(0, 1));
  command.add_flag("--quant-linear", flags->quant_linear, "Measure with the linear layers in int8, too")
      ->group("Work");
  add("--repeats", flags->repeats, "N", "Number of runs; the fastest counts", "Work")
      ->check(cli::whole_between(1, 1000));
  add("--device", flags->device, "NAME", "auto, cpu, cuda or cuda:N", "Machine");
  add("--dtype", flags->dtype, "auto|bf16|fp16|fp32", "Element type the networks run in", "Machine");
  add("-t,--threads", flags->threads, "N",
      "CPU threads; 0 is OMP_NUM_THREADS, without it every core this process may use", "Machine")
      ->check(cli::whole_between(0, 4096));
  add("--peer-case", flags->peer_case, "IN OUT",
      "Run one network on the tensors of a .safetensors file and write its output to another",
      "Other programs")
      ->expected(2);
  add("--make-checkpoint", flags->make_checkpoint, choices.c_str(),
      "Write random weights in the sizes of a published model into the folder DIR", "Checkpoints");
  add("DIR", flags->folder, "DIR", "Folder of --make-checkpoint", "Arguments");
  add("--layers", flags->layers, "N", "Transformer blocks to write; 0 is all", "Checkpoints")
      ->check(cli::whole_between(0, 1000));
  add("--text-layers", flags->text_layers, "N", "Text encoder layers to write; 0 is none", "Checkpoints")
      ->check(cli::whole_between(0, 1000));
  command.add_flag("-f,--force", flags->force, "Replace files that exist")->group("Checkpoints");
}

}  // namespace turbodiff::app
