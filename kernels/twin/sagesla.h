// Scalar twin of sagesla_fwd/params.h; host pointers. Keys in the order of the kernel, 64 at a time, with the
// running maximum of an online softmax; the linear branch from M and k_sum as given.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "sagesla_fwd/params.h"
#include "twin/scalar.h"

namespace turbodiff::kernels::twin {

namespace detail {
struct SageslaRow {
  const SageslaParams& p;
  std::int64_t batch, head, row, q_rows, k_rows;
  std::int64_t element(std::int64_t at) const {
    return ((batch * p.length + at) * p.heads + head) * sagesla_dim;
  }
};

/// The first term of one query, [D].
inline std::vector<float> sagesla_sparse(const SageslaRow& r, std::vector<float>& t) {
  const SageslaParams& p = r.p;
  const std::int64_t q_blocks = (p.length + r.q_rows - 1) / r.q_rows,
                     k_blocks = (p.length + r.k_rows - 1) / r.k_rows;
  const std::int64_t batch_head = r.batch * p.heads + r.head, list = batch_head * q_blocks + r.row / r.q_rows;
  std::vector<float> o(sagesla_dim, 0);
  float maximum = -3.4e38f, divisor = 0;
  for (std::int64_t index = 0; index < p.kept; ++index) {
    const std::int64_t block = p.lut[list * p.kept + index], end = std::min(p.length, (block + 1) * r.k_rows);
    const float factor = (p.q_scale[list] * p.k_scale[batch_head * k_blocks + block]) * 0.12751743f;
    for (std::int64_t first = block * r.k_rows; first < end; first += 64) {
      const std::int64_t count = std::min<std::int64_t>(64, end - first);
      t.assign(static_cast<std::size_t>(count), 0);
      float high = maximum;
      for (std::int64_t j = 0; j < count; ++j) {
        std::int32_t sum = 0;
        for (int d = 0; d < sagesla_dim; ++d)
          sum += p.q8[r.element(r.row) + d] * p.k8[r.element(first + j) + d];
        t[static_cast<std::size_t>(j)] = static_cast<float>(sum) * factor;
        high = std::max(high, t[static_cast<std::size_t>(j)]);
      }
      const float rescale = std::exp2(maximum - high);
      maximum = high;
      divisor *= rescale;
      for (float& value : o) value *= rescale;
      for (std::int64_t j = 0; j < count; ++j) {
        const float e = std::exp2(t[static_cast<std::size_t>(j)] - maximum), rounded = round_half(e);
        divisor += e;
        for (int d = 0; d < sagesla_dim; ++d)
          o[static_cast<std::size_t>(d)] =
              std::fma(rounded, from_half(p.v[r.element(first + j) + d]), o[static_cast<std::size_t>(d)]);
      }
    }
  }
  for (float& value : o) value /= divisor;
  return o;
}

/// The second term of one query, added to `o`.
inline void sagesla_linear(const SageslaRow& r, std::vector<float>& o) {
  const SageslaParams& p = r.p;
  const std::int64_t batch_head = r.batch * p.heads + r.head;
  std::vector<float> phi(sagesla_dim);
  float high = -3.4e38f, sum = 0, dot = 0;
  for (int d = 0; d < sagesla_dim; ++d) high = std::max(high, from_bf16(p.q[r.element(r.row) + d]));
  for (int d = 0; d < sagesla_dim; ++d) {
    float& e = phi[static_cast<std::size_t>(d)];
    e = std::exp2((from_bf16(p.q[r.element(r.row) + d]) - high) * 1.4426950408889634f);
    sum += e;
    dot = std::fma(e, p.k_sum[batch_head * sagesla_dim + d], dot);
  }
  const float weight = p.m_scale[batch_head] / (1e-5f + dot / sum);
  for (int n = 0; n < sagesla_dim; ++n) {
    float product = 0;
    for (int d = 0; d < sagesla_dim; ++d)
      product = std::fma(round_half(phi[static_cast<std::size_t>(d)] / sum),
                         from_half(p.m[(batch_head * sagesla_dim + d) * sagesla_dim + n]), product);
    float& to = o[static_cast<std::size_t>(n)];
    to = std::fma(product, weight, to) + p.bias[n];
  }
}
}  // namespace detail

inline void sagesla_fwd(const SageslaParams& p, SageslaTiling tiling) {
  const bool wide = tiling == SageslaTiling::q128_k64;
  std::vector<float> scratch;
  for (std::int64_t batch = 0; batch < p.batch; ++batch)
    for (std::int64_t head = 0; head < p.heads; ++head)
      for (std::int64_t row = 0; row < p.length; ++row) {
        const detail::SageslaRow r{p, batch, head, row, wide ? 128 : 64, wide ? 64 : 128};
        std::vector<float> o = detail::sagesla_sparse(r, scratch);
        if (p.m != nullptr) detail::sagesla_linear(r, o);
        for (int d = 0; d < sagesla_dim; ++d)
          p.out[r.element(row) + d] = to_bf16(o[static_cast<std::size_t>(d)]);
      }
}

}  // namespace turbodiff::kernels::twin
