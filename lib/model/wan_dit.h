// The Wan diffusion transformer: latent video, time and text in, velocity out.
//   tokens = patch_embedding(patchify(x))
//   e = MLP(sinusoid(t)),   e0 = W silu(e) (6 vectors),   text = MLP(context)
//   tokens = block_i(tokens, e0, text) for each block i
//   out = unpatchify(W (LN(tokens) * (1 + h1) + h0)),   h = modulation + e
// Time embedding, time projection and head run in fp32, as in the reference.
// Peebles & Xie, "Scalable Diffusion Models with Transformers", 2023; Wan Team, "Wan", 2025.
// Reference: WanModel in thu-ml/TurboDiffusion, rcm/networks/wan2pt1.py.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <optional>
#include <vector>

#include "model/wan_block.h"

namespace turbodiff::model {

/// [cos(t w_i), sin(t w_i)], w_i = 10000^(-i / (dim / 2)), in fp64, rounded to fp32. t [N] -> [N, dim].
at::Tensor sinusoidal_embedding(const at::Tensor& t, std::int64_t dim);

class WanDit {
 public:
  /// Called with (done, total); may throw to stop.
  using OnBlock = std::function<void(std::int64_t, std::int64_t)>;

  /// `kind` of the blocks' linear layers; without one as the checkpoint has them.
  WanDit(const Parameters& parameters, const DitConfig& config, const OnBlock& on_block = {},
         std::optional<LinearKind> kind = std::nullopt);

  /// What the blocks need of the text: computed once, used in every step.
  struct Text {
    std::vector<TextKeysValues> blocks;
    at::Tensor bias;      ///< log weight of each key, [B, 1, 1, S] fp32, or undefined
    at::Tensor embedded;  ///< [B, S, dim] after the text MLP
  };
  /// context [B, Lc, text_dim]: text encoder output, zero rows where it is padded. Trailing rows that are
  /// zero in every sample are identical keys, so one of them, weighted by their number, stands for all: the
  /// same result. In int8 a row's values depend on its block of 128 rows: one of those that share a block
  /// with others stands for them, another for those in blocks of their own.
  Text embed_text(const at::Tensor& context) const;

  /// x [B, in_dim, T, H, W] any float type, H and W multiples of the patch; timesteps [B] on the 0..1000
  /// scale. Returns [B, out_dim, T, H, W] fp32.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& timesteps, const Text& text,
                     const OnBlock& on_block = {}, Trace* trace = nullptr) const;

  /// Of all blocks; full attention at first. Error as WanBlock::set_attention().
  void set_attention(const SelfAttention& attention);

  const DitConfig& config() const { return config_; }
  LinearKind linear_kind() const { return kind_; }
  at::Device device() const { return device_; }
  at::ScalarType compute_type() const { return type_; }

 private:
  DitConfig config_;
  at::ScalarType type_;
  at::Device device_;
  LinearKind kind_;
  Linear patch_embedding_, text_in_, text_out_;
  Linear time_in_, time_out_, time_projection_, head_;  // fp32
  at::Tensor head_modulation_;                          // [1, 2, dim] fp32
  std::vector<WanBlock> blocks_;
};

}  // namespace turbodiff::model
