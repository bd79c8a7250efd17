// The sums over all keys that the linear branch of sagesla_fwd needs, phi the softmax over D:
//   part:   over the rows of one share of the tokens, in ascending order:
//           M = phi(k)^T v,   k_sum = sum phi(k);   v is also written in fp16, clamped to +-65504
//   reduce: the shares added in ascending order, then M W^T = m_scale m
//           with m in fp16 and m_scale = max|M W^T| / 16384
// Folding the projection W into M saves one product of L x D x D a head. The equation is that of
// lib/ops/sla.h; reference: SparseLinearAttention in thu-ml/TurboDiffusion, SLA/core.py. Device pointers;
// D is 128.
#pragma once

#include <cstddef>
#include <cstdint>

namespace turbodiff::kernels {

constexpr int kvsum_dim = 128;

struct KvsumParams {
  const std::uint16_t* k;  ///< [batch, length, heads, D] bf16
  const std::uint16_t* v;  ///< [batch, length, heads, D] bf16
  std::int64_t batch, length, heads;
  std::int64_t share_rows;  ///< tokens of one share
  const float* weight;      ///< W [D, D], [out, in]
  float* parts;             ///< scratch, [batch * heads, shares, D + 1, D]: M and then k_sum
  std::uint16_t* v_half;    ///< [batch, length, heads, D] fp16
  std::uint16_t* m;         ///< [batch, heads, D, D] fp16
  float* m_scale;           ///< [batch, heads]
  float* k_sum;             ///< [batch, heads, D]
};

constexpr int kvsum_threads = 256;
constexpr int kvsum_rows = 32;  ///< tokens in shared memory at a time
constexpr std::size_t kvsum_shared_bytes = 2 * kvsum_rows * kvsum_dim * 4;

inline std::int64_t kvsum_shares(const KvsumParams& p) {
  return (p.length + p.share_rows - 1) / p.share_rows;
}

}  // namespace turbodiff::kernels
