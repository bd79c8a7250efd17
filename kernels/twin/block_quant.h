// Scalar twin of block_quant/params.h; host pointers.
#pragma once

#include <vector>

#include "block_quant/params.h"
#include "twin/w8a8.h"

namespace turbodiff::kernels::twin {

/// Element i of x.
inline float element_of(const void* x, Storage type, std::int64_t i) {
  return type == Storage::f32 ? static_cast<const float*>(x)[i]
                              : from_bf16(static_cast<const std::uint16_t*>(x)[i]);
}

inline void block_quant(const BlockQuantParams& p) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < p.rows * p.dim; ++i) values.push_back(element_of(p.x, p.type, i));
  quantise_blocks(values, p.rows, p.dim, p.out, p.out_scale);
}

}  // namespace turbodiff::kernels::twin
