// turbodiff bench: what it does
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/benchmark.h"
#include "bench/make_checkpoint.h"
#include "bench/op_benchmark.h"
#include "core/error.h"
#include "core/text/text_table.h"
#include "core/units.h"
#include "engine_commands.h"
#include "spec/device.h"
#include "spec/model_folder.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;
using bench::Measurement;

bench::BenchmarkInputs inputs_of(const BenchFlags& flags, cli::Program& program) {
  bench::BenchmarkInputs inputs;
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
  program.print(table.render(program.table_columns()));
}

void measure(cli::Program& program, const BenchFlags& flags) {
  const auto on_result = [&](const Measurement& measurement) {
    program.log().info("{}: {}", measurement.name, core::format_duration(measurement.wall_s));
  };
  if (flags.ops)
    return show(program, bench::run_op_benchmarks({.tokens = flags.tokens,
                                                   .sla_topk = flags.sla_topk,
                                                   .repeats = flags.repeats,
                                                   .threads = flags.threads},
                                                  on_result));
  show(program, bench::run_benchmarks(inputs_of(flags, program), on_result));
}

void make_checkpoint(cli::Program& program, const BenchFlags& flags) {
  const std::string& name = flags.make_checkpoint;
  if (flags.folder.empty()) throw Error::bad_request("--make-checkpoint needs a folder", "name it last");
  const std::filesystem::path folder = std::filesystem::absolute(flags.folder).lexically_normal();
  bench::make_random_checkpoint(
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

}  // namespace

void run_bench(cli::Program& program, const BenchFlags& flags) {
  if (!flags.make_checkpoint.empty()) return make_checkpoint(program, flags);
  if (!flags.folder.empty())
    throw Error::bad_request("DIR goes with --make-checkpoint", "a folder to measure is named with --model");
  if (flags.peer_case.empty()) return measure(program, flags);
  const Measurement result =
      bench::run_peer_case(inputs_of(flags, program), flags.peer_case[0], flags.peer_case[1]);
  if (program.flags().json)
    program.print_json(json_of(result));
  else
    program.print(fmt::format("{}: {} wall, {:.2f} core-seconds, {}\n", result.name,
                              core::format_duration(result.wall_s), result.core_s,
                              core::format_bytes(result.peak_rss_bytes)));
}

}  // namespace turbodiff::app
