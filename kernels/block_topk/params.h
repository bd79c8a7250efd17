// Which key blocks each block of queries attends to: the `kept` highest of each row of pooled scores, in
// ascending order of the block.
//   score[i, j] = sum_d q_mean[i, d] k_mean[j, d], fma in ascending d
// Of equal scores the lower block is kept.
// q_mean and k_mean come from qk_quant/params.h (k less its mean over all tokens). The equations are those of
// lib/ops/block_map.h; reference: get_block_map in thu-ml/SLA, sparse_linear_attention/utils.py, which may
// keep no block; here kept is at least 1. A score that is no number counts as the lowest. Device pointers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace turbodiff::kernels {

struct BlockTopkParams {
  const float* q_mean;  ///< [lists / q_blocks, q_blocks, dim]: lists = batch * heads * q_blocks rows
  const float* k_mean;  ///< [lists / q_blocks, k_blocks, dim]
  std::int64_t lists, q_blocks, k_blocks, dim;
  std::int64_t kept;  ///< 1 to k_blocks
  std::int32_t* lut;  ///< [lists, kept]
};

constexpr int block_topk_threads = 256;
/// A row of scores is held in shared memory: 23000 key blocks, so 1.4 million tokens at 64 a block.
constexpr std::int64_t block_topk_most_blocks = 23000;

inline std::size_t block_topk_shared_bytes(const BlockTopkParams& p) {
  return static_cast<std::size_t>((p.k_blocks + p.dim) * 4 + 2 * block_topk_threads / 32 * 4);
}

}  // namespace turbodiff::kernels
