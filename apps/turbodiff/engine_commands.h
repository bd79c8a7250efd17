// The commands of turbodiff that compute with tensors; part of the program that links LibTorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/program.h"
#include "generate_request.h"

namespace turbodiff::app {

/// The command line of `bench`.
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

/// The command line of `convert`.
struct ConvertFlags {
  std::filesystem::path from, to;
  std::string component = "auto", dtype = "keep";
  bool quant_linear = false, force = false;
};

void run_generate(cli::Program& program, const GenerateFlags& flags);
void run_bench(cli::Program& program, const BenchFlags& flags);
void run_convert(cli::Program& program, const ConvertFlags& flags);
/// Serves standard input until it ends.
void run_worker(cli::Program& program);

}  // namespace turbodiff::app
