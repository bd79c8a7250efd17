// Scalar reference of sagesla_fwd/params.h; host pointers. Keys in the order of the kernel, 64 at a time, with the
// running maximum of an online softmax; the linear branch from M and k_sum as given.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "reference/scalar.h"
#include "reference/v_quant.h"
#include "sagesla_fwd/params.h"

namespace turbodiff::kernels::reference {

namespace detail {
struct SageslaRow {
  const SageslaParams& p;
  std::int64_t batch, head, row, q_rows, k_rows;
  SlaVariant variant;
  std::int64_t element(std::int64_t at) const {
    return ((batch * p.length + at) * p.heads + head) * sagesla_dim;
  }
};

/// Query and one key, not yet scaled.
inline float sagesla_score(const SageslaRow& r, std::int64_t key) {
  const std::int64_t q = r.element(r.row), k = r.element(key);
  const bool int8 = r.variant != SlaVariant::plain_128x64;
  std::int32_t sum = 0;
  float plain = 0;
  for (int d = 0; d < sagesla_dim; ++d)
    if (int8)
      sum += r.p.q8[q + d] * r.p.k8[k + d];
    else
      plain += from_bf16(r.p.q[q + d]) * from_bf16(r.p.k[k + d]);
  return int8 ? static_cast<float>(sum) : plain;
}

/// Values of one block in e4m3, added to `o`; the sum of the exponentials of `t`.
inline float sagesla_add_e4m3(const SageslaRow& r, std::int64_t block, const std::vector<float>& t,
                              float maximum, std::vector<float>& o) {
  const std::int64_t blocks = (r.p.length + v_quant_rows - 1) / v_quant_rows;
  const std::uint8_t* values =
      r.p.v8 + ((r.batch * r.p.heads + r.head) * blocks + block) * sagesla_dim * v_quant_rows;
  float sum = 0;
  std::vector<float> p;
  for (const float score : t) {
    const float e = std::exp2(score - maximum);
    sum += e;
    p.push_back(from_e4m3(to_e4m3(e * 448)));
  }
  for (int d = 0; d < sagesla_dim; ++d) {
    float part = 0;
    for (std::size_t first = 0; first < p.size(); first += 32) {
      for (std::size_t j = first; j < std::min(p.size(), first + 32); ++j)
        part += p[j] * from_e4m3(values[d * v_quant_rows + v_slot(static_cast<std::int64_t>(j))]);
      part = round_half(part);
    }
    o[static_cast<std::size_t>(d)] += part;
  }
  return sum;
}

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
    const bool int8 = r.variant != SlaVariant::plain_128x64;
    const float scale = int8 ? p.q_scale[list] * p.k_scale[batch_head * k_blocks + block] : 1.0f;
    const float factor = scale * 0.12751743f;
    for (std::int64_t first = block * r.k_rows; first < end; first += 64) {
      const std::int64_t count = std::min<std::int64_t>(64, end - first);
      t.assign(static_cast<std::size_t>(count), 0);
      float high = maximum;
      for (std::int64_t j = 0; j < count; ++j) {
        t[static_cast<std::size_t>(j)] = sagesla_score(r, first + j) * factor;
        high = std::max(high, t[static_cast<std::size_t>(j)]);
      }
      const float rescale = std::exp2(maximum - high);
      maximum = high;
      divisor *= rescale;
      for (float& value : o) value *= rescale;
      if (r.variant == SlaVariant::sage_e4m3_128x64) {
        divisor += sagesla_add_e4m3(r, block, t, maximum, o);
        continue;
      }
      for (std::int64_t j = 0; j < count; ++j) {
        const float e = std::exp2(t[static_cast<std::size_t>(j)] - maximum), rounded = round_half(e);
        divisor += e;
        for (int d = 0; d < sagesla_dim; ++d)
          o[static_cast<std::size_t>(d)] =
              std::fma(rounded, from_half(p.v[r.element(first + j) + d]), o[static_cast<std::size_t>(d)]);
      }
    }
  }
  for (int d = 0; d < sagesla_dim; ++d) {
    float& value = o[static_cast<std::size_t>(d)];
    value /= divisor;
    if (r.variant == SlaVariant::sage_e4m3_128x64)
      value *= p.v_scale[batch_head * sagesla_dim + d] * (1.0f / 448);
  }
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

inline void sagesla_fwd(const SageslaParams& p, SlaVariant variant) {
  const bool wide = variant != SlaVariant::sage_64x128;
  std::vector<float> scratch;
  for (std::int64_t batch = 0; batch < p.batch; ++batch)
    for (std::int64_t head = 0; head < p.heads; ++head)
      for (std::int64_t row = 0; row < p.length; ++row) {
        const detail::SageslaRow r{p, batch, head, row, wide ? 128 : 64, wide ? 64 : 128, variant};
        std::vector<float> o = detail::sagesla_sparse(r, scratch);
        if (p.m != nullptr) detail::sagesla_linear(r, o);
        for (int d = 0; d < sagesla_dim; ++d)
          p.out[r.element(row) + d] = to_bf16(o[static_cast<std::size_t>(d)]);
      }
}

}  // namespace turbodiff::kernels::reference
