// One block of the Wan diffusion transformer. With (m0..m5) = modulation + time projection and a residual
// stream x in fp32:
//   x += m2 * SelfAttention(LN(x) * (1 + m1) + m0)      q, k: RMS norm over the whole width, then RoPE
//   x += CrossAttention(LN_affine(x), text)             q, k: RMS norm over the whole width
//   x += m5 * FFN(LN(x) * (1 + m4) + m3)                FFN = W2 gelu_tanh(W1 h)
// Reference: WanAttentionBlock in thu-ml/TurboDiffusion, rcm/networks/wan2pt1.py.
#pragma once

#include <ATen/core/Tensor.h>

#include "model/linear.h"
#include "model/parameters.h"
#include "model/umt5_encoder.h"
#include "model/wan_config.h"
#include "ops/rope.h"
#include "ops/sla.h"

namespace turbodiff::model {

/// Keys and values of the text for one block, [B, S, H, head_dim]; they do not change from step to step.
struct TextKeysValues {
  at::Tensor keys, values;
};

/// How tokens attend to each other: fully, or sparsely with the linear branch of SLA checkpoints.
struct SelfAttention {
  enum class Kind : std::uint8_t { full, sla, sagesla };
  Kind kind = Kind::full;
  double topk = 0.1;  ///< share of the key blocks of sla and sagesla
  bool operator==(const SelfAttention&) const = default;
};

class WanBlock {
 public:
  /// With LinearKind::int8 all its linear layers run in int8.
  WanBlock(const Parameters& parameters, const DitConfig& config, std::int64_t index, LinearKind kind);

  /// text [B, S, dim] in the compute type, after the text MLP.
  TextKeysValues project_text(const at::Tensor& text) const;

  /// x [B, L, dim] fp32, updated in place; modulation [B, 6, dim] or [B, L, 6, dim] fp32 (the time
  /// projection); text_bias broadcastable to [B, H, L, S] fp32, or undefined. `trace_prefix` names the
  /// entries of `trace`.
  void forward(at::Tensor& x, const at::Tensor& modulation, const ops::RopeTable& rope,
               const TextKeysValues& text, const at::Tensor& text_bias, Trace* trace,
               const std::string& trace_prefix) const;

  /// Full attention by default. Error bad_request where a sparse kind is requested and the checkpoint has no
  /// proj_l.
  void set_attention(const SelfAttention& attention);

 private:
  LinearInput self_attention(const LinearInput& h, const ops::RopeTable& rope) const;
  LinearInput cross_attention(const LinearInput& h, const TextKeysValues& text,
                              const at::Tensor& text_bias) const;

  std::int64_t heads_;
  double eps_;
  at::ScalarType type_;
  LinearKind kind_;
  Linear self_q_, self_k_, self_v_, self_o_, cross_q_, cross_k_, cross_v_, cross_o_, ffn_in_, ffn_out_;
  at::Tensor self_norm_q_, self_norm_k_, cross_norm_q_, cross_norm_k_;  // [dim] fp32
  at::Tensor norm3_weight_, norm3_bias_;                                // [dim] fp32
  at::Tensor modulation_;                                               // [1, 6, dim] fp32
  ops::SlaProjection projection_;                                       // [D, D], [D] fp32, or undefined
  SelfAttention attention_;
};

}  // namespace turbodiff::model
