// Scalar reference of v_quant/params.h; host pointers, `parts` unused.
#pragma once

#include <algorithm>
#include <cmath>

#include "reference/scalar.h"
#include "v_quant/params.h"

namespace turbodiff::kernels::reference {

/// Byte of token `row` of 64 in its channel's row.
inline std::int64_t v_slot(std::int64_t row) {
  const std::int64_t tile = row / 8 % 4, pair = row % 8 / 2;
  return row / 32 * 32 + tile / 2 * 16 + pair * 4 + tile % 2 * 2 + row % 2;
}

inline void v_quant(const VQuantParams& p) {
  const std::int64_t blocks = v_quant_blocks(p);
  for (std::int64_t head = 0; head < p.batch * p.heads; ++head)
    for (std::int64_t d = 0; d < v_quant_dim; ++d) {
      const auto value = [&](std::int64_t row) {
        return from_bf16(
            p.v[((head / p.heads * p.length + row) * p.heads + head % p.heads) * v_quant_dim + d]);
      };
      float amax = 1e-20f;
      for (std::int64_t row = 0; row < p.length; ++row) amax = std::max(amax, std::fabs(value(row)));
      const float scale = p.scale[head * v_quant_dim + d] = amax / 2.25f;
      for (std::int64_t row = 0; row < blocks * v_quant_rows; ++row)
        p.out[((head * blocks + row / v_quant_rows) * v_quant_dim + d) * v_quant_rows +
              v_slot(row % v_quant_rows)] = row < p.length ? to_e4m3(value(row) / scale) : std::uint8_t{0};
    }
}

}  // namespace turbodiff::kernels::reference
