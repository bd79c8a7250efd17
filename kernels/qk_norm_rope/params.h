// Queries or keys of a whole layer from the linear layer's output, in one pass: RMS norm over all heads,
// rotation, means of blocks of rows, and for queries int8.
//   rstd = 1 / sqrt(sum x^2 / (heads D) + eps);   y = x rstd weight, pairs of channels rotated by (cos, sin):
//   (y0 cos - y1 sin, y0 sin + y1 cos);   out = bf16(y)
//   mean[b, h, i] = fp32 mean of out over the rows of block i
//   int8 where `values` is not null: per block and head: scale = max|out| / 127 + 1e-7,
//   q = trunc(out / scale +- 0.5) (half away from zero)
// Keys need their mean over all tokens first: qk_quant_pooled() of qk_quant/qk_quant.h goes on from here.
// Order of sums: a row's as norm_mod_quant/params.h; means over every qk_norm_rope_groups'th row ascending,
// then those partial sums ascending. The equations are those of lib/ops/rms_norm.h and
// lib/ops/sage_quantise.h; reference: WanRMSNorm and rope_apply in thu-ml/TurboDiffusion, rcm/networks, and
// get_vanilla_qk_quant in thu-ml/SpargeAttn, spas_sage_attn/utils.py. Device pointers; D is 128.
#pragma once

#include <cstddef>
#include <cstdint>

namespace turbodiff::kernels {

constexpr int qk_norm_rope_dim = 128;

struct QkNormRopeParams {
  const std::uint16_t* x;  ///< [batch, length, heads, D] bf16
  std::int64_t batch, length, heads;
  int block_rows;  ///< 64 or 128
  float eps;
  const float* weight;  ///< [heads, D]
  const float* cos;     ///< [length, D / 2]
  const float* sin;     ///< [length, D / 2]
  std::uint16_t* out;   ///< [batch, length, heads, D] bf16
  float* mean;          ///< [batch, heads, ceil(length / block_rows), D]
  std::int8_t* values;  ///< [batch, length, heads, D], or null
  float* scale;         ///< [batch, heads, ceil(length / block_rows)], where there are values
};

constexpr int qk_norm_rope_threads = 512;
/// Rows processed at a time: a thread has a pair of channels of every eighth row.
constexpr int qk_norm_rope_groups = qk_norm_rope_threads / (qk_norm_rope_dim / 2);
/// rstd of each row, partial sums of the means, maxima of the warps.
constexpr std::size_t qk_norm_rope_shared_bytes =
    (128 + qk_norm_rope_groups * qk_norm_rope_dim + qk_norm_rope_threads / 32) * 4;

inline std::int64_t qk_norm_rope_row_blocks(const QkNormRopeParams& p) {
  return (p.length + p.block_rows - 1) / p.block_rows;
}
inline std::int64_t qk_norm_rope_blocks(const QkNormRopeParams& p) {
  return p.batch * qk_norm_rope_row_blocks(p);
}

}  // namespace turbodiff::kernels
