// Scalar reference of block_quant/params.h; host pointers.
#pragma once

#include <vector>

#include "block_quant/params.h"
#include "reference/elements.h"
#include "reference/w8a8.h"

namespace turbodiff::kernels::reference {

inline void block_quant(const BlockQuantParams& p) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < p.rows * p.dim; ++i) values.push_back(read_element(p.x, p.type, i));
  quantise_blocks(values, p.rows, p.dim, p.out, p.out_scale);
}

}  // namespace turbodiff::kernels::reference
