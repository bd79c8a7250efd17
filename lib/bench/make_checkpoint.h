// Checkpoints with random weights in the sizes of published models, for benchmarks: the networks take as long
// with them as with trained ones.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "weights/safetensors_writer.h"

namespace turbodiff::bench {

struct RandomCheckpointSizes {
  const char* name;
  std::int64_t dim, ffn_dim, layers;
  bool sparse_linear_attention = false;  ///< with the projections of sparse-linear attention
};
inline constexpr RandomCheckpointSizes random_checkpoints[] = {{"wan2.1-1.3b", 1536, 8960, 30},
                                                               {"wan2.1-14b", 5120, 13824, 40},
                                                               {"turbowan2.1-1.3b", 1536, 8960, 30, true},
                                                               {"turbowan2.1-14b", 5120, 13824, 40, true}};

/// Inline, because the help of `bench` lists them in a program that does not link this module.
inline std::vector<std::string> random_checkpoint_names() {
  std::vector<std::string> names;
  for (const RandomCheckpointSizes& sizes : random_checkpoints) names.emplace_back(sizes.name);
  return names;
}

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

}  // namespace turbodiff::bench
