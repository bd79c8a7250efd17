// Scalar reference of channel_norm/params.h; host pointers.
#pragma once

#include <algorithm>
#include <cmath>

#include "channel_norm/params.h"
#include "reference/elements.h"

namespace turbodiff::kernels::reference {

inline void channel_norm(const ChannelNormParams& p) {
  const float root = std::sqrt(static_cast<float>(p.channels));
  for (std::int64_t row = 0; row < p.rows; ++row) {
    float lanes[32] = {};
    for (std::int64_t c = 0; c < p.channels; ++c) {
      const float x = read_element(p.x, p.type, row * p.channels + c);
      lanes[c / 4 % 32] = std::fma(x, x, lanes[c / 4 % 32]);
    }
    const float factor = root / std::max(std::sqrt(sum_of_lanes(lanes)), 1e-12f);
    for (std::int64_t c = 0; c < p.channels; ++c) {
      const std::int64_t i = row * p.channels + c;
      float y = read_element(p.x, p.type, i) * factor * p.gamma[c];
      if (p.silu) y = y / (1.0f + std::exp2(y * -1.4426950408889634f));
      write_element(p.out, p.type, i, y);
    }
  }
}

}  // namespace turbodiff::kernels::reference
