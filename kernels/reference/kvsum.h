// Scalar reference of kvsum/params.h; host pointers, `parts` unused.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "kvsum/params.h"
#include "reference/norm_mod_quant.h"
#include "reference/scalar.h"

namespace turbodiff::kernels::reference {

inline void kvsum(const KvsumParams& p) {
  constexpr int dim = kvsum_dim;
  const auto at = [](int row, int column) { return static_cast<std::size_t>(row * dim + column); };
  for (std::int64_t head = 0; head < p.batch * p.heads; ++head) {
    std::vector<float> m(dim * dim, 0), k_sum(dim, 0);
    for (std::int64_t begin = 0; begin < p.length; begin += p.share_rows) {
      std::vector<float> part(dim * dim, 0), part_sum(dim, 0), e(dim);
      for (std::int64_t row = begin; row < std::min(p.length, begin + p.share_rows); ++row) {
        const std::int64_t element = ((head / p.heads * p.length + row) * p.heads + head % p.heads) * dim;
        float high = -3.4e38f;
        for (int d = 0; d < dim; ++d) high = std::max(high, from_bf16(p.k[element + d]));
        for (int d = 0; d < dim; ++d)
          e[at(0, d)] = std::exp2((from_bf16(p.k[element + d]) - high) * 1.4426950408889634f);
        const float total =
            lane_sum(dim, [&](std::int64_t i, float& sum) { sum += e[static_cast<std::size_t>(i)]; });
        for (int d = 0; d < dim; ++d) {
          const float v = from_bf16(p.v[element + d]), phi = e[at(0, d)] / total;
          p.v_half[element + d] = to_half(std::clamp(v, -65504.0f, 65504.0f));
          part_sum[at(0, d)] += phi;
          for (int n = 0; n < dim; ++n)
            part[at(d, n)] = std::fma(phi, from_bf16(p.v[element + n]), part[at(d, n)]);
        }
      }
      for (std::size_t i = 0; i < m.size(); ++i) m[i] += part[i];
      for (std::size_t i = 0; i < k_sum.size(); ++i) k_sum[i] += part_sum[i];
    }
    std::copy(k_sum.begin(), k_sum.end(), p.k_sum + head * dim);
    std::vector<float> product(dim * dim, 0);
    float amax = 1e-30f;
    for (int d = 0; d < dim; ++d)
      for (int o = 0; o < dim; ++o) {
        float& to = product[at(d, o)];
        for (int n = 0; n < dim; ++n) to = std::fma(m[at(d, n)], p.weight[at(o, n)], to);
        amax = std::max(amax, std::fabs(to));
      }
    const float scale = p.m_scale[head] = amax / 16384.0f;
    for (int i = 0; i < dim * dim; ++i)
      p.m[head * dim * dim + i] = to_half(product[static_cast<std::size_t>(i)] / scale);
  }
}

}  // namespace turbodiff::kernels::reference
