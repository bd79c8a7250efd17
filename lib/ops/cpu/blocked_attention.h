// Attention in blocks of queries and keys that never holds more than one tile of scores: online softmax
// (Milakov & Gimelshein, 2018; Dao et al., "FlashAttention", 2022) around oneDNN's small matrix products in
// bf16, or u8 x s8 for scores of SageAttention (Zhang et al., 2024). Internal to lib/ops.
#pragma once

#include <ATen/core/Tensor.h>

namespace turbodiff::ops::cpu {

/// True where this machine has the instructions and the tensors are bf16 in main memory, a multiple of 16 and
/// at most 512 values a head, each head's values side by side.
bool has_blocked_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v);

/// softmax(q k^T scale + key_bias) v. q [B, L, H, D], k, v [B, S, H, D]; key_bias undefined or fp32 [1 or B,
/// S]. Returns [B, L, H, D] bf16; the same bits for any number of threads.
at::Tensor blocked_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                             const at::Tensor& key_bias, double scale);

/// The key blocks of each query block, and the linear branch over all keys.
struct SparseBlocks {
  at::Tensor chosen;  ///< [B, H, ceil(L / q_rows), n] int32, ascending
  std::int64_t q_rows = 128, k_rows = 64;
  bool int8_scores = false;  ///< SageAttention: smoothed keys, int8 queries and keys, one scale a block
  at::Tensor linear_weight, linear_bias;  ///< fp32 [D, D], [D]: the linear branch's projection; or undefined
};

/// softmax over the chosen blocks + linear_weight (phi(q) (phi(k)^T v) / (1e-5 + phi(q) sum phi(k))) +
/// linear_bias, phi = softmax over D, scale 1 / sqrt(D). Shapes as above with S = L.
at::Tensor blocked_sparse_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                    const SparseBlocks& blocks);

}  // namespace turbodiff::ops::cpu
