// Scalar reference of qk_quant/params.h; host pointers.
#pragma once

#include <algorithm>
#include <cmath>

#include "qk_quant/params.h"
#include "reference/scalar.h"

namespace turbodiff::kernels::reference {

/// Where the rows of one channel of one head are stored.
struct QkChannel {
  const QkQuantParams& p;
  std::int64_t head, d;
  std::int64_t element(std::int64_t row) const {
    return ((head / p.heads * p.length + row) * p.heads + head % p.heads) * qk_quant_dim + d;
  }
  float& mean(std::int64_t block) const {
    return p.mean[(head * qk_quant_row_blocks(p) + block) * qk_quant_dim + d];
  }
  std::int64_t end(std::int64_t block) const { return std::min(p.length, (block + 1) * p.block_rows); }
};

inline void qk_pool(const QkQuantParams& p) {
  for (std::int64_t head = 0; head < p.batch * p.heads; ++head)
    for (int d = 0; d < qk_quant_dim; ++d) {
      const QkChannel at{p, head, d};
      for (std::int64_t i = 0; i < qk_quant_row_blocks(p); ++i) {
        float sum = 0;
        for (std::int64_t row = i * p.block_rows; row < at.end(i); ++row)
          sum += from_bf16(p.x[at.element(row)]);
        at.mean(i) = sum / static_cast<float>(at.end(i) - i * p.block_rows);
      }
    }
}

inline void qk_quant_pooled(const QkQuantParams& p) {
  const std::int64_t blocks = qk_quant_row_blocks(p);
  for (std::int64_t head = 0; head < p.batch * p.heads; ++head) {
    for (int d = 0; d < qk_quant_dim; ++d) {
      const QkChannel at{p, head, d};
      float total = 0;
      for (std::int64_t i = 0; i < blocks; ++i)
        total = std::fma(at.mean(i), static_cast<float>(at.end(i) - i * p.block_rows), total);
      const float all = p.all[head * qk_quant_dim + d] = total / static_cast<float>(p.length);
      if (p.centre)
        for (std::int64_t i = 0; i < blocks; ++i) at.mean(i) -= all;
    }
    const auto value = [&](std::int64_t row, int d) {
      const float x = from_bf16(p.x[QkChannel{p, head, d}.element(row)]);
      return p.centre ? round_bf16(x - round_bf16(p.all[head * qk_quant_dim + d])) : x;
    };
    for (std::int64_t i = 0; i < blocks; ++i) {
      const std::int64_t end = std::min(p.length, (i + 1) * p.block_rows);
      float amax = 0;
      for (std::int64_t row = i * p.block_rows; row < end; ++row)
        for (int d = 0; d < qk_quant_dim; ++d) amax = std::max(amax, std::fabs(value(row, d)));
      const float scale = p.scale[head * blocks + i] = amax / 127.0f + 1e-7f;
      for (std::int64_t row = i * p.block_rows; row < end; ++row)
        for (int d = 0; d < qk_quant_dim; ++d)
          p.values[QkChannel{p, head, d}.element(row)] = half_away(value(row, d) / scale);
    }
  }
}

inline void qk_quant(const QkQuantParams& p) {
  qk_pool(p);
  qk_quant_pooled(p);
}

}  // namespace turbodiff::kernels::reference
