// Scalar twin of channel_norm/params.h; host pointers.
#pragma once

#include <algorithm>
#include <cmath>

#include "channel_norm/params.h"
#include "twin/block_quant.h"

namespace turbodiff::kernels::twin {

inline void channel_norm(const ChannelNormParams& p) {
  const float root = std::sqrt(static_cast<float>(p.channels));
  for (std::int64_t row = 0; row < p.rows; ++row) {
    float lanes[32] = {};
    for (std::int64_t c = 0; c < p.channels; ++c) {
      const float x = element_of(p.x, p.type, row * p.channels + c);
      lanes[c / 4 % 32] = std::fma(x, x, lanes[c / 4 % 32]);
    }
    for (int apart = 16; apart > 0; apart /= 2)
      for (int i = 0; i < apart; ++i) lanes[i] += lanes[i + apart];
    const float factor = root / std::max(std::sqrt(lanes[0]), 1e-12f);
    for (std::int64_t c = 0; c < p.channels; ++c) {
      const std::int64_t i = row * p.channels + c;
      float y = element_of(p.x, p.type, i) * factor * p.gamma[c];
      if (p.silu) y = y / (1.0f + std::exp2(y * -1.4426950408889634f));
      if (p.type == Storage::f32)
        static_cast<float*>(p.out)[i] = y;
      else
        static_cast<std::uint16_t*>(p.out)[i] = to_bf16(y);
    }
  }
}

}  // namespace turbodiff::kernels::twin
