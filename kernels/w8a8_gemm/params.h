// Linear layer in int8 (W8A8) with scales of 128 x 128 blocks:
//   acc[m, n] = over blocks b of 128 of K, in ascending order:
//               fma(float(sum_k x[m, k] w[n, k]), sx[m/128, b] sw[n/128, b], acc)
//   y = bf16(acc), then bf16(y + bias[n]) where there is a bias
//   store:      out[m, n] = y
//   requantise: g = bf16(gelu_tanh(y)); per block of 128 x 128 of g: amax = max(1e-8, max|g|),
//               scale = amax / 128, q = saturate(round half to even(g (128 / amax)))
//   residual:   residual[m, n] = fma(y, gate[m / rows_per_group, n], residual[m, n])
// The definitions are those of lib/ops/int8/int8_linear.h; reference: Int8Linear in thu-ml/TurboDiffusion,
// ops/core.py, whose product needs K % 128 = 0 and N % 8 = 0. Here every shape works; what is missing counts
// as zero. No pointer may alias another. All device pointers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace turbodiff::kernels {

enum class W8a8Epilogue : std::uint8_t { store, requantise, residual };

struct W8a8Params {
  const std::int8_t* x;       ///< [m, k]
  const float* x_scale;       ///< [ceil(m / 128), ceil(k / 128)]
  const std::int8_t* weight;  ///< [n, k]
  const float* weight_scale;  ///< [ceil(n / 128), ceil(k / 128)]
  std::int64_t m, n, k;
  const float* bias = nullptr;   ///< [n], values of bf16 where the layer's are; null: none
  std::uint16_t* out = nullptr;  ///< store: [m, n] bf16
  std::int8_t* out_q = nullptr;  ///< requantise: [m, n]
  float* out_scale = nullptr;    ///< requantise: [ceil(m / 128), ceil(n / 128)]
  float* residual = nullptr;     ///< residual: [m, n]
  const float* gate = nullptr;   ///< residual: [ceil(m / rows_per_group), n]; null: 1
  std::int64_t rows_per_group = 1;
};

constexpr int w8a8_threads = 256;
constexpr int w8a8_stages = 3;
constexpr std::size_t w8a8_shared_bytes = w8a8_stages * 2 * 128 * 128;

inline std::int64_t w8a8_blocks(const W8a8Params& p) {
  return (p.m + 127) / 128 * ((p.n + 127) / 128);
}

}  // namespace turbodiff::kernels
