// Which blocks of keys each block of queries attends to: both are averaged block by block, keys after
// subtracting their mean over all tokens, and each query block keeps the key blocks of the highest pooled
// scores.
//   score = mean_block(q) . mean_block(k - mean(k)),   kept = max(1, trunc(topk * blocks))
// Zhang et al., "SLA: Beyond Sparsity in Diffusion Transformers via Fine-Tunable Sparse-Linear Attention",
// 2025. Reference: get_block_map in thu-ml/SLA, sparse_linear_attention/utils.py, which keeps 0 blocks where
// the product is below 1.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace turbodiff::ops {

/// Numbers of rows of a block of queries and of keys; the last block may have fewer.
struct BlockTiling {
  std::int64_t q_rows = 128, k_rows = 64;
};

/// Number of key blocks kept of `blocks`; `topk` above 0 is the share, 1 and above keeps all.
std::int64_t kept_blocks(std::int64_t blocks, double topk);

/// q, k [B, L, H, D] of any float type -> [B, H, ceil(L / q_rows), ceil(L / k_rows)] fp32.
at::Tensor pooled_scores(const at::Tensor& q, const at::Tensor& k, const BlockTiling& tiling);

/// -> [B, H, ceil(L / q_rows), kept] int32 on q's device, ascending; of equal scores the lower block is kept.
at::Tensor block_map(const at::Tensor& q, const at::Tensor& k, const BlockTiling& tiling, double topk);

}  // namespace turbodiff::ops
