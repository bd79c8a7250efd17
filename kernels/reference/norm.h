// Scalar references of norm/params.h; host pointers.
#pragma once

#include <cmath>

#include "norm/params.h"
#include "reference/elements.h"

namespace turbodiff::kernels::reference {

namespace detail {
/// The kernel's order of additions; add(i, sum) for i < dim.
template <typename Add>
float norm_sum(std::int64_t dim, const Add& add) {
  float threads[norm_threads] = {};
  for (std::int64_t i = 0; i < dim; ++i) add(i, threads[i % norm_threads]);
  float total = 0;
  for (int warp = 0; warp < norm_threads; warp += 32) total += sum_of_lanes(threads + warp);
  return total;
}
}  // namespace detail

inline void layer_norm(const LayerNormParams& p) {
  for (std::int64_t row = 0; row < p.rows; ++row) {
    const float* x = p.x + row * p.dim;
    const float width = static_cast<float>(p.dim);
    const float mean = detail::norm_sum(p.dim, [&](std::int64_t i, float& sum) { sum += x[i]; }) / width;
    const float squares = detail::norm_sum(
        p.dim, [&](std::int64_t i, float& sum) { sum = std::fma(x[i] - mean, x[i] - mean, sum); });
    const float rstd = 1.0f / std::sqrt(squares / width + p.eps);
    const std::int64_t group = row / p.rows_per_group * p.dim;
    for (std::int64_t i = 0; i < p.dim; ++i)
      write_element(p.out, p.out_type, row * p.dim + i,
                    std::fma((x[i] - mean) * rstd, p.mul[group + i], p.add[group + i]));
  }
}

inline void rms_norm(const RmsNormParams& p) {
  for (std::int64_t row = 0; row < p.rows; ++row) {
    const auto x = [&](std::int64_t i) { return read_element(p.x, p.x_type, row * p.dim + i); };
    const float squares =
        detail::norm_sum(p.dim, [&](std::int64_t i, float& sum) { sum = std::fma(x(i), x(i), sum); });
    const float rstd = 1.0f / std::sqrt(squares / static_cast<float>(p.dim) + p.eps);
    const auto write = [&](std::int64_t i, float value) {
      write_element(p.out, p.out_type, row * p.dim + i, value);
    };
    if (p.cos == nullptr) {
      for (std::int64_t i = 0; i < p.dim; ++i) write(i, x(i) * rstd * p.weight[i]);
      continue;
    }
    const std::int64_t half = p.head_dim / 2;
    for (std::int64_t i = 0; i < p.dim; i += 2) {
      const std::int64_t angle = row % p.length * half + i / 2 % half;
      const float a = x(i) * rstd * p.weight[i], b = x(i + 1) * rstd * p.weight[i + 1];
      write(i, a * p.cos[angle] - b * p.sin[angle]);
      write(i + 1, a * p.sin[angle] + b * p.cos[angle]);
    }
  }
}

}  // namespace turbodiff::kernels::reference
