// The speed of the networks on this machine, relative to the peak of its matrix product measured in the same
// run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/measurement.h"
#include "pipeline/runtime.h"
#include "spec/generation_request.h"

namespace turbodiff::bench {

struct BenchmarkInputs {
  std::filesystem::path dit, vae, text_encoder, config;  ///< an empty path is not measured
  spec::DeviceChoice device;
  spec::Precision dtype = spec::Precision::automatic;
  int threads = 0;
  spec::Size size{256, 256};
  int frames = 17;
  int repeats = 3;
  int prompt_tokens = 64;
  /// A sparse kind, for a checkpoint with proj_l, and int8 are measured beside full attention in `dtype`.
  spec::Attention attention = spec::Attention::original;
  double sla_topk = 0.1;
  bool quant_linear = false;
};

/// Measures the matrix product, then loading, text encoding, one transformer evaluation and decoding, as far
/// as files are given; every result is checked to be finite before its time counts. `on_result` is called for
/// each result. Error bad_request for bad files, interrupted after a signal.
std::vector<Measurement> run_benchmarks(const BenchmarkInputs& inputs,
                                        const std::function<void(const Measurement&)>& on_result = {});

/// 10^9 operations a core-second of a 1536 x 1536 x 1536 matrix product in the runtime's type, and its bare
/// record.
Measurement measure_matrix_product(const pipeline::Runtime& runtime);

/// One evaluation on given input, for comparison with another program. `input` (safetensors) holds `x` [1, C,
/// T, H, W], `timesteps` [1, 1] and `context` [1, L, text_dim] for a transformer, or `latent` [1, z, T, h, w]
/// (normalised) for a VAE; `output` gets `out` fp32. The checkpoint is inputs.dit or inputs.vae. One warm-up,
/// then the fastest of inputs.repeats.
Measurement run_peer_case(const BenchmarkInputs& inputs, const std::filesystem::path& input,
                          const std::filesystem::path& output);

}  // namespace turbodiff::bench
