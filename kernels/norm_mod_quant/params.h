// LayerNorm with modulation, quantised for the linear layer that reads it:
//   y = bf16((x - mean) rstd mul + add),   rstd = 1 / sqrt(var + eps), both over the row
//   per block of 128 x 128 of y: amax = max(1e-8, max|y|), scale = amax / 128,
//   q = saturate(round half to even(y (128 / amax)))
// mul is 1 + e of the modulation. The equations are those of lib/ops/layer_norm.h and
// lib/ops/int8/int8_linear.h; reference: ops/norm and ops/quant in thu-ml/TurboDiffusion. Sums in fp32 in the
// order of norm_sum_lanes below, so that reference and kernel agree. Device pointers, rows contiguous.
#pragma once

#include <cstddef>
#include <cstdint>

namespace turbodiff::kernels {

struct NormModQuantParams {
  const float* x;  ///< [rows, dim]
  std::int64_t rows, dim;
  float eps;
  const float* mul;  ///< [ceil(rows / rows_per_group), dim]
  const float* add;  ///< [ceil(rows / rows_per_group), dim]
  std::int64_t rows_per_group;
  std::int8_t* out;  ///< [rows, dim]
  float* out_scale;  ///< [ceil(rows / 128), ceil(dim / 128)]
};

/// Lane i of a warp sums the elements i, i + 32, ...; the lanes' sums are then added in pairs 16, 8, 4, 2, 1
/// apart.
constexpr int norm_sum_lanes = 32;

constexpr int norm_mod_quant_threads = 512;
constexpr std::size_t norm_mod_quant_shared_bytes = 2 * 128 * 4 + norm_mod_quant_threads / 32 * 4;

inline std::int64_t norm_mod_quant_blocks(const NormModQuantParams& p) {
  return (p.rows + 127) / 128;
}

}  // namespace turbodiff::kernels
