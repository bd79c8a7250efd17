// Scalar reference of block_topk/params.h; host pointers.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "block_topk/params.h"

namespace turbodiff::kernels::reference {

inline void block_topk(const BlockTopkParams& p) {
  for (std::int64_t list = 0; list < p.lists; ++list) {
    std::vector<float> score(static_cast<std::size_t>(p.k_blocks));
    std::vector<std::int32_t> order(score.size());
    for (std::int64_t j = 0; j < p.k_blocks; ++j) {
      float sum = 0;
      for (std::int64_t d = 0; d < p.dim; ++d)
        sum = std::fma(p.q_mean[list * p.dim + d], p.k_mean[(list / p.q_blocks * p.k_blocks + j) * p.dim + d],
                       sum);
      score[static_cast<std::size_t>(j)] = sum == sum ? sum : -std::numeric_limits<float>::infinity();
    }
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
      return score[static_cast<std::size_t>(a)] > score[static_cast<std::size_t>(b)];
    });
    std::sort(order.begin(), order.begin() + p.kept);
    std::copy(order.begin(), order.begin() + p.kept, p.lut + list * p.kept);
  }
}

}  // namespace turbodiff::kernels::reference
