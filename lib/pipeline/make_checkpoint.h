// Checkpoints with random weights in the sizes of published models, for benchmarks: the networks take as long
// with them as with trained ones.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "weights/safetensors_writer.h"

namespace turbodiff::pipeline {

/// "wan2.1-1.3b", "wan2.1-14b", and "turbowan2.1-..." with the projections of sparse-linear attention.
std::vector<std::string> random_checkpoint_names();

struct RandomCheckpoint {
  std::string name;              ///< one of random_checkpoint_names()
  std::int64_t layers = 0;       ///< transformer blocks; 0: all
  std::int64_t text_layers = 0;  ///< layers of the text encoder (24 are 11 GB); 0: none is written
};

/// Writes `dit.safetensors` (bf16), `vae.safetensors` (fp32) and, where asked for, `t5.safetensors` (bf16)
/// into `folder`, which is made. The same bytes every time. `on_bytes(done, total)` is called now and then.
/// Error bad_request for an unknown name, refused when the disk is too small, interrupted after a signal.
void make_random_checkpoint(const RandomCheckpoint& wanted, const std::filesystem::path& folder, bool force,
                            const std::function<void(std::uint64_t, std::uint64_t)>& on_bytes = {});

/// The tensors of each part.
std::vector<weights::TensorSpec> dit_tensors(std::int64_t dim, std::int64_t ffn_dim, std::int64_t layers,
                                             std::int64_t text_dim, bool sparse_linear_attention = false);
std::vector<weights::TensorSpec> wan21_vae_tensors(std::int64_t dim);
std::vector<weights::TensorSpec> umt5_tensors(std::int64_t vocab, std::int64_t dim, std::int64_t dim_ffn,
                                              std::int64_t heads, std::int64_t layers);

}  // namespace turbodiff::pipeline
