// A warp processes one to four rows at a time, each read once.
#pragma once

#include "channel_norm/params.h"
#include "common/four.h"

namespace turbodiff::kernels {

/// Element: float or bf16 bits, as p.type says; Pieces: as with_channel_norm_pieces() says.
template <typename Element, int Pieces>
__device__ __forceinline__ void channel_norm_body(const ChannelNormParams& p) {
  constexpr int warps = channel_norm_threads / 32, warp_rows = channel_norm_warp_rows<Pieces>;
  const Element* x = static_cast<const Element*>(p.x);
  Element* out = static_cast<Element*>(p.out);
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const std::int64_t first_row = (static_cast<std::int64_t>(blockIdx.x) * warps + warp) * warp_rows;
  const bool aligned = p.channels % 4 == 0;
  const float root = sqrtf(static_cast<float>(p.channels));

  float values[warp_rows][Pieces][4];
  TURBODIFF_UNROLL
  for (int r = 0; r < warp_rows; ++r) {
    TURBODIFF_UNROLL
    for (int i = 0; i < Pieces; ++i) {
      const std::int64_t channel = i * 128 + lane * 4;
      load_four(values[r][i], x, (first_row + r) * p.channels + channel,
                first_row + r < p.rows ? elements_left(channel, p.channels) : 0, aligned);
    }
  }
  TURBODIFF_UNROLL
  for (int r = 0; r < warp_rows; ++r) {
    float squares = 0;
    TURBODIFF_UNROLL
    for (int i = 0; i < Pieces; ++i) {
      TURBODIFF_UNROLL
      for (int j = 0; j < 4; ++j) squares = multiply_add(values[r][i][j], values[r][i][j], squares);
    }
    const float factor = root / fmaxf(sqrtf(warp_sum(squares)), 1e-12f);
    if (first_row + r >= p.rows) continue;
    TURBODIFF_UNROLL
    for (int i = 0; i < Pieces; ++i) {
      const std::int64_t channel = i * 128 + lane * 4;
      const int count = elements_left(channel, p.channels);
      float gamma[4];
      load_four(gamma, p.gamma, channel, count, aligned);
      TURBODIFF_UNROLL
      for (int j = 0; j < 4; ++j) {
        float& y = values[r][i][j];
        y = y * factor * gamma[j];
        if (p.silu) y = y / (1.0f + power_of_two(y * -1.4426950408889634f));
      }
      store_four(out, (first_row + r) * p.channels + channel, count, aligned, values[r][i]);
    }
  }
}

}  // namespace turbodiff::kernels
