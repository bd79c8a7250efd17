// SageSLA forward: softmax attention over chosen key blocks from int8 scores, plus the linear branch over all
// keys.
//   t[i, j] = float(sum_d q8[i, d] k8[j, d]) c,   c = (q_scale[block of i] k_scale[block of j]) (log2(e) /
//   sqrt(D)) o[i] = sum_j 2^(t[i, j] - max) v[j] / sum_j 2^(t[i, j] - max) over the keys of the blocks in
//   lut, in its order;
//          exponentials enter the product with v in fp16 and the divisor in fp32; sums in fp32
//   out[i] = bf16(o[i] + m_scale phi(q[i]) M / (1e-5 + phi(q[i]) . k_sum) + bias),   phi: softmax over D
// M = (phi(k)^T v) W^T / m_scale and k_sum = sum phi(k) come from kvsum/params.h. With m null the second term
// is left out. Every block has at least one key, so max is finite and the divisor at least about 1: finite
// operands give no NaN. The equation is that of lib/ops/sla.h; reference: SageSparseLinearAttention in
// thu-ml/TurboDiffusion, SLA/core.py, whose kernel leaves its output unwritten where no block is chosen.
// Device pointers; D is 128.
#pragma once

#include <cstddef>
#include <cstdint>

namespace turbodiff::kernels {

constexpr int sagesla_dim = 128;

struct SageslaParams {
  std::int64_t batch, length, heads;
  const std::int8_t* q8;    ///< [batch, length, heads, D]
  const std::int8_t* k8;    ///< [batch, length, heads, D]
  const float* q_scale;     ///< [batch, heads, ceil(length / q_rows)]
  const float* k_scale;     ///< [batch, heads, ceil(length / k_rows)]
  const std::uint16_t* v;   ///< [batch, length, heads, D] fp16
  const std::int32_t* lut;  ///< [batch, heads, ceil(length / q_rows), kept], ascending
  std::int64_t kept;        ///< at least 1
  const std::uint16_t* q;   ///< [batch, length, heads, D] bf16, for phi
  const std::uint16_t* m;   ///< [batch, heads, D, D] fp16, or null
  const float* m_scale;     ///< [batch, heads]
  const float* k_sum;       ///< [batch, heads, D]
  const float* bias;        ///< [D]
  std::uint16_t* out;       ///< [batch, length, heads, D] bf16
};

/// Rows of a block of queries and of keys: 128 x 64, or 64 x 128 as on sm_90.
enum class SageslaTiling : std::uint8_t { q128_k64, q64_k128 };

template <SageslaTiling Tiling>
struct SageslaShape {
  static constexpr int q_rows = Tiling == SageslaTiling::q128_k64 ? 128 : 64;
  static constexpr int k_rows = Tiling == SageslaTiling::q128_k64 ? 64 : 128;
  static constexpr int threads = q_rows / 16 * 32;  // a warp has 16 queries
  static constexpr int k_bytes = k_rows * sagesla_dim, v_bytes = 2 * k_bytes;
  static constexpr std::size_t shared_bytes = 2 * (k_bytes + v_bytes);  // two stages
  static std::int64_t q_blocks(const SageslaParams& p) { return (p.length + q_rows - 1) / q_rows; }
  static std::int64_t k_blocks(const SageslaParams& p) { return (p.length + k_rows - 1) / k_rows; }
  static std::int64_t blocks(const SageslaParams& p) { return p.batch * p.heads * q_blocks(p); }
};

}  // namespace turbodiff::kernels
