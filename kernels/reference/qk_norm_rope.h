// Scalar reference of qk_norm_rope/params.h; host pointers.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "qk_norm_rope/params.h"
#include "reference/norm_mod_quant.h"

namespace turbodiff::kernels::reference {

namespace detail {
/// One row of all heads.
inline void norm_rope_row(const QkNormRopeParams& p, std::int64_t batch, std::int64_t row) {
  const std::int64_t width = p.heads * qk_norm_rope_dim, start = (batch * p.length + row) * width;
  const float squares = lane_sum(width, [&](std::int64_t i, float& sum) {
    const float x = from_bf16(p.x[start + i]);
    sum = std::fma(x, x, sum);
  });
  const float rstd = 1.0f / std::sqrt(squares / static_cast<float>(width) + p.eps);
  for (std::int64_t i = 0; i < width; i += 2) {
    const std::int64_t angle = row * (qk_norm_rope_dim / 2) + i % qk_norm_rope_dim / 2;
    const float a = from_bf16(p.x[start + i]) * rstd * p.weight[i],
                b = from_bf16(p.x[start + i + 1]) * rstd * p.weight[i + 1];
    p.out[start + i] = to_bf16(a * p.cos[angle] - b * p.sin[angle]);
    p.out[start + i + 1] = to_bf16(a * p.sin[angle] + b * p.cos[angle]);
  }
}
}  // namespace detail

inline void qk_norm_rope(const QkNormRopeParams& p) {
  constexpr std::int64_t dim = qk_norm_rope_dim;
  const std::int64_t blocks = qk_norm_rope_row_blocks(p);
  for (std::int64_t batch = 0; batch < p.batch; ++batch)
    for (std::int64_t row = 0; row < p.length; ++row) detail::norm_rope_row(p, batch, row);
  for (std::int64_t list = 0; list < p.batch * p.heads * blocks; ++list) {
    const std::int64_t head = list / blocks % p.heads, batch = list / blocks / p.heads;
    const std::int64_t first = list % blocks * p.block_rows, end = std::min(p.length, first + p.block_rows);
    const auto element = [&](std::int64_t row, std::int64_t d) {
      return ((batch * p.length + row) * p.heads + head) * dim + d;
    };
    float amax = 0;
    for (std::int64_t d = 0; d < dim; ++d) {
      float all = 0;
      for (std::int64_t group = 0; group < qk_norm_rope_groups; ++group) {
        float sum = 0;
        for (std::int64_t row = first + group; row < end; row += qk_norm_rope_groups) {
          const float y = from_bf16(p.out[element(row, d)]);
          sum += y;
          amax = std::max(amax, std::fabs(y));
        }
        all += sum;
      }
      p.mean[list * dim + d] = all / static_cast<float>(end - first);
    }
    if (p.values == nullptr) continue;
    const float scale = p.scale[list] = amax / 127.0f + 1e-7f;
    for (std::int64_t row = first; row < end; ++row)
      for (std::int64_t d = 0; d < dim; ++d)
        p.values[element(row, d)] = half_away(from_bf16(p.out[element(row, d)]) / scale);
  }
}

}  // namespace turbodiff::kernels::reference
