// turbodiff bench
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "core/error.h"
#include "core/strings.h"
#include "core/text_table.h"
#include "core/units.h"
#include "pipeline/benchmark.h"
#include "pipeline/make_checkpoint.h"
#include "pipeline/op_benchmark.h"
#include "spec/device.h"
#include "spec/model_folder.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;
using pipeline::Measurement;

struct BenchFlags {
  std::optional<std::string> model;
  std::filesystem::path dit, vae, text_encoder;
  std::string device = "auto", dtype = "auto", size = "256x256", attention = "original";
  double sla_topk = 0.1;
  bool ops = false, quant_linear = false;
  std::int64_t tokens = 32760;
  int frames = 17, repeats = 3, threads = 0;
  std::string make_checkpoint;  // name
  std::filesystem::path folder;
  std::int64_t layers = 0, text_layers = 0;
  bool force = false;
  std::vector<std::string> peer_case;  // input, output
};

pipeline::BenchmarkInputs inputs_of(const BenchFlags& flags, cli::Program& program) {
  pipeline::BenchmarkInputs inputs;
  const bool has_files = !flags.dit.empty() || !flags.vae.empty() || !flags.text_encoder.empty();
  if (flags.model || !has_files) {
    const spec::ModelFiles files = spec::find_model(flags.model.value_or("demo"), program.model_dirs()).files;
    inputs.dit = files.dit;
    inputs.vae = files.vae;
    inputs.text_encoder = files.text_encoder;
    inputs.config = files.config;
  }
  if (!flags.dit.empty()) inputs.dit = flags.dit;
  if (!flags.vae.empty()) inputs.vae = flags.vae;
  if (!flags.text_encoder.empty()) inputs.text_encoder = flags.text_encoder;
  inputs.device = spec::parse_device(flags.device);
  const auto precision = spec::value_named<spec::Precision>(flags.dtype);
  if (!precision)
    throw Error::bad_request(fmt::format("--dtype: unknown value '{}'", flags.dtype),
                             "one of auto, bf16, fp16, fp32");
  inputs.dtype = *precision;
  const auto attention = spec::value_named<spec::Attention>(flags.attention);
  if (!attention)
    throw Error::bad_request(fmt::format("--attention: unknown value '{}'", flags.attention),
                             "one of auto, original, sla, sagesla");
  inputs.attention = *attention;
  inputs.sla_topk = flags.sla_topk;
  inputs.quant_linear = flags.quant_linear;
  inputs.size = spec::parse_size(flags.size);
  if (flags.frames % 4 != 1 || flags.frames < 1)
    throw Error::bad_request(fmt::format("--frames: {} does not fit, it must be 4k+1", flags.frames));
  inputs.frames = flags.frames;
  inputs.repeats = flags.repeats;
  inputs.threads = flags.threads;
  return inputs;
}

Json json_of(const Measurement& measurement) {
  const auto known = [](double value) { return value > 0 ? Json(value) : Json(nullptr); };
  return {{"name", measurement.name},
          {"wall_s", measurement.wall_s},
          {"core_s", measurement.core_s},
          {"gflop", known(measurement.gflop)},
          {"gflops", known(measurement.gflops())},
          {"peak_gflops", known(measurement.peak_gflops)},
          {"peak_share", known(measurement.peak_share())},
          {"peak_rss_bytes", measurement.peak_rss_bytes},
          {"rel_l2", measurement.rel_l2 ? Json(*measurement.rel_l2) : Json(nullptr)},
          {"times_faster", measurement.times_faster ? Json(*measurement.times_faster) : Json(nullptr)}};
}

void show(cli::Program& program, const std::vector<Measurement>& measurements) {
  if (program.flags().json) {
    Json array = Json::array();
    for (const Measurement& measurement : measurements) array.push_back(json_of(measurement));
    return program.print_json({{"measurements", std::move(array)}});
  }
  using Align = core::TextTable::Align;
  core::TextTable table;
  table.add_column("WHAT", Align::left, true)
      .add_column("WALL", Align::right)
      .add_column("CORE-S", Align::right);
  table.add_column("GFLOP/S", Align::right)
      .add_column("% OF PEAK", Align::right)
      .add_column("PEAK RSS", Align::right)
      .add_column("REL_L2", Align::right)
      .add_column("FASTER", Align::right);
  for (const Measurement& measurement : measurements) {
    const bool counted = measurement.gflop > 0;
    table.add_row({measurement.name, core::format_duration(measurement.wall_s),
                   fmt::format("{:.2f}", measurement.core_s),
                   counted ? fmt::format("{:.1f}", measurement.gflops()) : "",
                   measurement.peak_share() > 0 ? fmt::format("{:.0f}", 100 * measurement.peak_share()) : "",
                   core::format_bytes(measurement.peak_rss_bytes),
                   measurement.rel_l2 ? fmt::format("{:.1e}", *measurement.rel_l2) : "",
                   measurement.times_faster ? fmt::format("{:.2f}x", *measurement.times_faster) : ""});
  }
  program.print(table.render(program.output_traits().tty ? program.output_traits().columns : 0));
}

void measure(cli::Program& program, const BenchFlags& flags) {
  const auto on_result = [&](const Measurement& measurement) {
    program.log().info("{}: {}", measurement.name, core::format_duration(measurement.wall_s));
  };
  if (flags.ops)
    return show(program, pipeline::run_op_benchmarks({.tokens = flags.tokens,
                                                      .sla_topk = flags.sla_topk,
                                                      .repeats = flags.repeats,
                                                      .threads = flags.threads},
                                                     on_result));
  show(program, pipeline::run_benchmarks(inputs_of(flags, program), on_result));
}

void make_checkpoint(cli::Program& program, const BenchFlags& flags) {
  const std::string& name = flags.make_checkpoint;
  if (flags.folder.empty()) throw Error::bad_request("--make-checkpoint needs a folder", "name it last");
  const std::filesystem::path folder = std::filesystem::absolute(flags.folder).lexically_normal();
  pipeline::make_random_checkpoint(
      {name, flags.layers, flags.text_layers}, folder, flags.force,
      [&](std::uint64_t done, std::uint64_t total) {
        program.console().status(
            fmt::format("{}: {} of {}", name, core::format_bytes(done), core::format_bytes(total)));
      });
  program.console().status("");
  if (program.flags().json)
    program.print_json({{"path", folder.string()}, {"name", name}});
  else
    program.print(folder.string() + "\n");
}

void run(cli::Program& program, const BenchFlags& flags) {
  if (!flags.make_checkpoint.empty()) return make_checkpoint(program, flags);
  if (!flags.folder.empty())
    throw Error::bad_request("DIR goes with --make-checkpoint", "a folder to measure is named with --model");
  if (flags.peer_case.empty()) return measure(program, flags);
  const Measurement result =
      pipeline::run_peer_case(inputs_of(flags, program), flags.peer_case[0], flags.peer_case[1]);
  if (program.flags().json)
    program.print_json(json_of(result));
  else
    program.print(fmt::format("{}: {} wall, {:.2f} core-seconds, {}\n", result.name,
                              core::format_duration(result.wall_s), result.core_s,
                              core::format_bytes(result.peak_rss_bytes)));
}

}  // namespace

void add_bench(cli::Program& program) {
  const auto flags = std::make_shared<BenchFlags>();
  const std::string choices = core::join(pipeline::random_checkpoint_names(), "|");
  CLI::App& command =
      program.add_command("bench", "Measure the networks against this machine's matrix product",
                          [flags](cli::Program& running) { run(running, *flags); });
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
      ->check(CLI::Range(1, 1 << 20));
  add("--attention", flags->attention, "KIND",
      "auto, original, sla or sagesla: a sparse kind is measured too", "Work");
  add("--sla-topk", flags->sla_topk, "RATIO", "Share of the key blocks that sparse attention keeps", "Work")
      ->check(CLI::Range(0.0, 1.0));
  command.add_flag("--quant-linear", flags->quant_linear, "Measure with the linear layers in int8, too")
      ->group("Work");
  add("--repeats", flags->repeats, "N", "Runs of each, the fastest counts", "Work")
      ->check(CLI::Range(1, 1000));
  add("--device", flags->device, "NAME", "auto, cpu, cuda or cuda:N", "Machine");
  add("--dtype", flags->dtype, "auto|bf16|fp16|fp32", "Element type the networks run in", "Machine");
  add("-t,--threads", flags->threads, "N", "CPU threads; 0 is every core this process may use", "Machine")
      ->check(CLI::Range(0, 4096));
  add("--peer-case", flags->peer_case, "IN OUT",
      "Run one network on the tensors of a .safetensors file and write its output to another",
      "Other programs")
      ->expected(2);
  add("--make-checkpoint", flags->make_checkpoint, choices.c_str(),
      "Write random weights in the sizes of a published model into the folder DIR", "Checkpoints");
  add("DIR", flags->folder, "DIR", "Folder of --make-checkpoint", "Arguments");
  add("--layers", flags->layers, "N", "Transformer blocks to write; 0 is all", "Checkpoints")
      ->check(CLI::Range(0, 1000));
  add("--text-layers", flags->text_layers, "N", "Text encoder layers to write; 0 is none", "Checkpoints")
      ->check(CLI::Range(0, 1000));
  command.add_flag("-f,--force", flags->force, "Replace files that exist")->group("Checkpoints");
}

}  // namespace turbodiff::app
