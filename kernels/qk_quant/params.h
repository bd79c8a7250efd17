// Queries or keys, already normed and rotated (norm/norm.h), made ready for SageSLA. Three passes:
//   pool:  mean[b, h, i] = fp32 mean of the rows of block i, rows added in ascending order
//   total: all[b, h] = sum_i mean[b, h, i] rows(i) / length, blocks in ascending order;
//          then mean[b, h, i] -= all[b, h] where `centre` is set (keys)
//   quant: y = bf16(x - bf16(all)) for keys, x for queries;
//          per block and head: scale = max|y| / 127 + 1e-7,
//          q = trunc(y / scale +- 0.5) (half away from zero)
// pool and total give the operands of block_topk, quant those of sagesla_fwd. The equations are those of
// lib/ops/block_map.h and lib/ops/sage_quantise.h; reference: get_vanilla_qk_quant in thu-ml/SpargeAttn,
// spas_sage_attn/utils.py. Device pointers; D is 128.
#pragma once

#include <cstddef>
#include <cstdint>

namespace turbodiff::kernels {

constexpr int qk_quant_dim = 128;

struct QkQuantParams {
  const std::uint16_t* x;  ///< [batch, length, heads, D] bf16
  std::int64_t batch, length, heads;
  int block_rows;       ///< 64 or 128
  bool centre;          ///< keys: their mean over all tokens is taken off
  float* mean;          ///< [batch, heads, ceil(length / block_rows), D]
  float* all;           ///< [batch, heads, D]; written by total, read by quant where `centre`
  std::int8_t* values;  ///< [batch, length, heads, D]
  float* scale;         ///< [batch, heads, ceil(length / block_rows)]
};

constexpr int qk_quant_threads = 128;
constexpr std::size_t qk_quant_shared_bytes = qk_quant_threads / 32 * 4;

inline std::int64_t qk_quant_row_blocks(const QkQuantParams& p) {
  return (p.length + p.block_rows - 1) / p.block_rows;
}
/// Thread blocks of pool and quant; total has batch * heads.
inline std::int64_t qk_quant_blocks(const QkQuantParams& p) {
  return p.batch * p.heads * qk_quant_row_blocks(p);
}

}  // namespace turbodiff::kernels
