// Scalar reference of norm_mod_quant/params.h; host pointers.
#pragma once

#include <cmath>
#include <vector>

#include "norm_mod_quant/params.h"
#include "reference/elements.h"
#include "reference/w8a8.h"

namespace turbodiff::kernels::reference {

/// Sum of value(i), i < count, in the kernel's order.
template <typename Value>
float lane_sum(std::int64_t count, const Value& value) {
  float lanes[norm_sum_lanes] = {};
  for (std::int64_t i = 0; i < count; ++i) value(i, lanes[i % norm_sum_lanes]);
  return sum_of_lanes(lanes);
}

inline void norm_mod_quant(const NormModQuantParams& p) {
  std::vector<float> y(static_cast<std::size_t>(p.rows * p.dim));
  for (std::int64_t row = 0; row < p.rows; ++row) {
    const float* x = p.x + row * p.dim;
    const float mean =
        lane_sum(p.dim, [&](std::int64_t i, float& sum) { sum += x[i]; }) / static_cast<float>(p.dim);
    const float squares =
        lane_sum(p.dim, [&](std::int64_t i, float& sum) { sum = std::fma(x[i] - mean, x[i] - mean, sum); });
    const float rstd = 1.0f / std::sqrt(squares / static_cast<float>(p.dim) + p.eps);
    const std::int64_t group = row / p.rows_per_group * p.dim;
    for (std::int64_t i = 0; i < p.dim; ++i)
      y[static_cast<std::size_t>(row * p.dim + i)] =
          round_bf16(std::fma((x[i] - mean) * rstd, p.mul[group + i], p.add[group + i]));
  }
  quantise_blocks(y, p.rows, p.dim, p.out, p.out_scale);
}

}  // namespace turbodiff::kernels::reference
