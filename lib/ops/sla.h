// Sparse-linear attention: exact softmax attention over the key blocks that matter (block_map.h), a linear
// branch over all keys for the rest.
//   out = softmax(q k^T / sqrt(D))_chosen v + W (phi(q) (phi(k)^T v)) / (1e-5 + phi(q) sum phi(k)) + b
// SageSLA takes the scores of the first term from int8 queries and keys (sage_quantise.h).
// Zhang et al., "SLA: Beyond Sparsity in Diffusion Transformers via Fine-Tunable Sparse-Linear Attention",
// 2025. Reference: SparseLinearAttention and SageSparseLinearAttention in thu-ml/TurboDiffusion, SLA/core.py.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "ops/block_map.h"

namespace turbodiff::ops {

/// phi: softmax over the head's channels (what published checkpoints use), elu(x) + 1, or relu.
enum class FeatureMap : std::uint8_t { softmax, elu, relu };

struct SlaOptions {
  BlockTiling tiling{};
  double topk = 0.1;         ///< share of the key blocks, at least one
  bool int8_scores = false;  ///< SageSLA
  FeatureMap feature_map = FeatureMap::softmax;
};

/// The projection of the linear branch, [D, D] and [D] fp32, shared by all heads.
struct SlaProjection {
  at::Tensor weight, bias;
};

/// q, k, v [B, L, H, D] of one float type -> [B, L, H, D] in that type. bf16 runs block by block with the
/// CPU's matrix instructions where it has them, everything else gathers the chosen keys; neither holds an L x
/// L matrix. The same bits for any number of threads.
at::Tensor sla_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                         const SlaProjection& projection, const SlaOptions& options = {});

/// The normalisation of queries and keys before attention: rms_norm_rope() over all heads.
struct QkNorm {
  at::Tensor q_weight, k_weight;  ///< [H * D] fp32
  double eps = 1e-6;
  at::Tensor cos, sin;  ///< [L, D / 2] fp32
};

/// sla_attention() of q and k after rms_norm_rope(); all [B, L, H, D]. Releases q and k as soon as they are
/// normed.
at::Tensor normed_sla_attention(at::Tensor q, at::Tensor k, const at::Tensor& v, const QkNorm& norm,
                                const SlaProjection& projection, const SlaOptions& options = {});

/// The first term alone, for given blocks [B, H, ceil(L / q_rows), n] int32.
at::Tensor sparse_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const at::Tensor& blocks, const SlaOptions& options);

namespace reference {
/// The same with whole matrices in fp64.
at::Tensor sla_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                         const SlaProjection& projection, const SlaOptions& options = {});
at::Tensor sparse_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const at::Tensor& blocks, const SlaOptions& options);
/// The second term before its projection, [B, H, L, D] fp64.
at::Tensor linear_branch(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, FeatureMap map);
}  // namespace reference

}  // namespace turbodiff::ops
