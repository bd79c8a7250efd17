// SLA and SageSLA forward: softmax attention over chosen key blocks, plus the linear branch over all keys.
//   sage:  t[i, j] = float(sum_d q8[i, d] k8[j, d]) c,
//          c = (q_scale[block of i] k_scale[block of j]) (log2(e) / sqrt(D))
//   plain: t[i, j] = sum_d q[i, d] k[j, d] (log2(e) / sqrt(D)), products of bf16 summed in fp32
//   o[i] = sum_j 2^(t[i, j] - max) v[j] / sum_j 2^(t[i, j] - max)
//          over the keys of the blocks in lut, in its order;
//          exponentials enter the divisor in fp32 and the product with v in fp16, sums in fp32; or, times
//          448, in e4m3, then 64 keys are summed in fp16 and these sums in fp32, times v_scale / 448
//   out[i] = bf16(o[i] + m_scale phi(q[i]) M / (1e-5 + phi(q[i]) . k_sum) + bias),   phi: softmax over D
// M = (phi(k)^T v) W^T / m_scale and k_sum = sum phi(k) come from kvsum/params.h. With m null the second term
// is left out. Every block has at least one key, so max is finite and the divisor at least about 1: finite
// operands give no NaN. The equation is that of lib/ops/sla.h; reference: SparseLinearAttention and
// SageSparseLinearAttention in thu-ml/TurboDiffusion, SLA/core.py, whose kernel leaves its output unwritten
// where no block is chosen. Device pointers; D is 128.
#pragma once

#include <cstddef>
#include <cstdint>

namespace turbodiff::kernels {

constexpr int sagesla_dim = 128;

struct SageslaParams {
  std::int64_t batch, length, heads;
  const std::int8_t* q8;             ///< sage: [batch, length, heads, D]
  const std::int8_t* k8;             ///< sage: [batch, length, heads, D]
  const float* q_scale;              ///< sage: [batch, heads, ceil(length / q_rows)]
  const float* k_scale;              ///< sage: [batch, heads, ceil(length / k_rows)]
  const std::uint16_t* v;            ///< but for e4m3: [batch, length, heads, D] fp16
  const std::int32_t* lut;           ///< [batch, heads, ceil(length / q_rows), kept], ascending
  std::int64_t kept;                 ///< at least 1
  const std::uint16_t* q;            ///< [batch, length, heads, D] bf16, for phi and plain scores
  const std::uint16_t* m;            ///< [batch, heads, D, D] fp16, or null
  const float* m_scale;              ///< [batch, heads]
  const float* k_sum;                ///< [batch, heads, D]
  const float* bias;                 ///< [D]
  std::uint16_t* out;                ///< [batch, length, heads, D] bf16
  const std::uint16_t* k = nullptr;  ///< plain: [batch, length, heads, D] bf16
  const std::uint8_t* v8 = nullptr;  ///< e4m3: [batch, heads, ceil(length / 64), D, 64], v_quant/params.h
  const float* v_scale = nullptr;    ///< e4m3: [batch, heads, D]
};

/// Scores and values, and rows of a block of queries and of keys: 128 x 64, or 64 x 128 as the reference's on
/// sm_90.
enum class SlaVariant : std::uint8_t { sage_128x64, sage_64x128, sage_e4m3_128x64, plain_128x64 };

template <SlaVariant Variant>
struct SageslaShape {
  static constexpr bool int8_scores = Variant != SlaVariant::plain_128x64;
  static constexpr bool e4m3_values = Variant == SlaVariant::sage_e4m3_128x64;
  static constexpr int q_rows = Variant == SlaVariant::sage_64x128 ? 64 : 128;
  static constexpr int k_rows = Variant == SlaVariant::sage_64x128 ? 128 : 64;
  static constexpr int threads = q_rows / 16 * 32;  // a warp has 16 queries
  static constexpr int k_row_bytes = sagesla_dim * (int8_scores ? 1 : 2);
  static constexpr int k_bytes = k_rows * k_row_bytes, v_bytes = k_rows * sagesla_dim * (e4m3_values ? 1 : 2);
  static constexpr std::size_t shared_bytes = 2 * (k_bytes + v_bytes);  // two stages
  static std::int64_t q_blocks(const SageslaParams& p) { return (p.length + q_rows - 1) / q_rows; }
  static std::int64_t k_blocks(const SageslaParams& p) { return (p.length + k_rows - 1) / k_rows; }
  static std::int64_t blocks(const SageslaParams& p) { return p.batch * p.heads * q_blocks(p); }
};

}  // namespace turbodiff::kernels
