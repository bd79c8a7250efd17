// Scalar twin of qk_quant/params.h; host pointers.
#pragma once

#include <algorithm>
#include <cmath>

#include "qk_quant/params.h"
#include "twin/scalar.h"

namespace turbodiff::kernels::twin {

inline void qk_quant(const QkQuantParams& p) {
  const std::int64_t blocks = qk_quant_row_blocks(p);
  for (std::int64_t head = 0; head < p.batch * p.heads; ++head) {
    const auto element = [&](std::int64_t row, int d) {
      return ((head / p.heads * p.length + row) * p.heads + head % p.heads) * qk_quant_dim + d;
    };
    for (int d = 0; d < qk_quant_dim; ++d) {
      float total = 0;
      const auto mean = [&](std::int64_t i) -> float& {
        return p.mean[(head * blocks + i) * qk_quant_dim + d];
      };
      for (std::int64_t i = 0; i < blocks; ++i) {
        const std::int64_t end = std::min(p.length, (i + 1) * p.block_rows);
        const float rows = static_cast<float>(end - i * p.block_rows);
        float sum = 0;
        for (std::int64_t row = i * p.block_rows; row < end; ++row) sum += from_bf16(p.x[element(row, d)]);
        mean(i) = sum / rows;
        total = std::fma(mean(i), rows, total);
      }
      const float all = p.all[head * qk_quant_dim + d] = total / static_cast<float>(p.length);
      if (p.centre)
        for (std::int64_t i = 0; i < blocks; ++i) mean(i) -= all;
    }
    const auto value = [&](std::int64_t row, int d) {
      const float x = from_bf16(p.x[element(row, d)]);
      return p.centre ? round_bf16(x - round_bf16(p.all[head * qk_quant_dim + d])) : x;
    };
    for (std::int64_t i = 0; i < blocks; ++i) {
      const std::int64_t end = std::min(p.length, (i + 1) * p.block_rows);
      float amax = 0;
      for (std::int64_t row = i * p.block_rows; row < end; ++row)
        for (int d = 0; d < qk_quant_dim; ++d) amax = std::max(amax, std::fabs(value(row, d)));
      const float scale = p.scale[head * blocks + i] = amax / 127.0f + 1e-7f;
      for (std::int64_t row = i * p.block_rows; row < end; ++row)
        for (int d = 0; d < qk_quant_dim; ++d) {
          const float ratio = value(row, d) / scale;
          p.values[element(row, d)] =
              static_cast<std::int8_t>(std::trunc(ratio + (ratio >= 0 ? 0.5f : -0.5f)));
        }
    }
  }
}

}  // namespace turbodiff::kernels::twin
