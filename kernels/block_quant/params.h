// Activations to int8 with a scale for each block of 128 x 128:
//   amax = max(1e-8, max|x|), scale = amax / 128, q = saturate(round half to even(x (128 / amax)))
// The equation is that of lib/ops/int8/int8_linear.h; reference: ops/quant in thu-ml/TurboDiffusion. Device
// pointers, rows contiguous.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/storage.h"

namespace turbodiff::kernels {

struct BlockQuantParams {
  const void* x;  ///< [rows, dim] in type
  Storage type;   ///< f32 or bf16
  std::int64_t rows, dim;
  std::int8_t* out;  ///< [rows, dim]
  float* out_scale;  ///< [ceil(rows / 128), ceil(dim / 128)]
};

constexpr int block_quant_threads = 256;
constexpr std::size_t block_quant_shared_bytes = block_quant_threads / 32 * 4;

inline std::int64_t block_quant_blocks(const BlockQuantParams& p) {
  return (p.rows + 127) / 128 * ((p.dim + 127) / 128);
}

}  // namespace turbodiff::kernels
