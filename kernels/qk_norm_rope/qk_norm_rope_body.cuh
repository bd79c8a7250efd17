// One thread block per block of rows of all heads: first each row's scale, one warp per row, then head after
// head, whose second read is served by L2.
#pragma once

#include "common/device.h"
#include "common/reduce.h"
#include "qk_norm_rope/params.h"

namespace turbodiff::kernels {

__device__ __forceinline__ float low_bf16(std::uint32_t pair) {
  return from_bf16_bits(static_cast<std::uint16_t>(pair));
}
__device__ __forceinline__ float high_bf16(std::uint32_t pair) {
  return from_bf16_bits(static_cast<std::uint16_t>(pair >> 16));
}

template <int BlockRows>
__device__ __forceinline__ void qk_norm_rope_body(const QkNormRopeParams& p, unsigned char* shared) {
  constexpr int dim = qk_norm_rope_dim, warps = qk_norm_rope_threads / 32, groups = qk_norm_rope_groups,
                group_rows = BlockRows / groups;
  float* rstd = reinterpret_cast<float*>(shared);
  float* partial = rstd + 128;  // [groups, dim]
  float* maxima = partial + groups * dim;
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  const std::int64_t blocks = (p.length + BlockRows - 1) / BlockRows, block = blockIdx.x % blocks,
                     batch = blockIdx.x / blocks, first = block * BlockRows, width = p.heads * dim;
  const int rows = p.length - first < BlockRows ? static_cast<int>(p.length - first) : BlockRows;
  const std::int64_t start = (batch * p.length + first) * width;

  for (int r = warp; r < rows; r += warps) {
    float squares = 0;
    for (std::int64_t i = lane; i < width; i += 32) {
      const float x = from_bf16_bits(p.x[start + r * width + i]);
      squares = multiply_add(x, x, squares);
    }
    squares = warp_sum(squares);
    if (lane == 0) rstd[r] = 1.0f / sqrtf(squares / static_cast<float>(width) + p.eps);
  }
  sync_block();

  const int pair = thread % (dim / 2), group = thread / (dim / 2);
  for (std::int64_t head = 0; head < p.heads; ++head) {
    const std::int64_t channel = head * dim + 2 * pair;
    const float weight[2] = {p.weight[channel], p.weight[channel + 1]};
    std::uint32_t y[group_rows];
    float sum[2] = {0, 0}, amax = 0;
    TURBODIFF_UNROLL
    for (int i = 0; i < group_rows; ++i) {
      const int r = group + i * groups;
      y[i] = 0;
      if (r >= rows) continue;
      const std::int64_t at = start + r * width + channel, angle = (first + r) * (dim / 2) + pair;
      std::uint32_t x;
      load_4(x, p.x + at);
      const float a = low_bf16(x) * rstd[r] * weight[0], b = high_bf16(x) * rstd[r] * weight[1];
      const float c = p.cos[angle], s = p.sin[angle];
      y[i] = to_bf16_bits(a * c - b * s) | static_cast<std::uint32_t>(to_bf16_bits(a * s + b * c)) << 16;
      store_4(p.out + at, y[i]);
      sum[0] += low_bf16(y[i]);
      sum[1] += high_bf16(y[i]);
      amax = fmaxf(amax, fmaxf(fabsf(low_bf16(y[i])), fabsf(high_bf16(y[i]))));
    }
    amax = warp_max(amax);
    sync_block();  // all threads have read the previous head's sums
    partial[group * dim + 2 * pair] = sum[0];
    partial[group * dim + 2 * pair + 1] = sum[1];
    if (lane == 0) maxima[warp] = amax;
    sync_block();
    const std::int64_t list = (batch * p.heads + head) * blocks + block;
    if (thread < dim) {
      float all = 0;
      for (int g = 0; g < groups; ++g) all += partial[g * dim + thread];
      p.mean[list * dim + thread] = all / static_cast<float>(rows);
    }
    if (p.values == nullptr) continue;
    for (int i = 0; i < warps; ++i) amax = fmaxf(amax, maxima[i]);
    const float scale = amax / 127.0f + 1e-7f;
    if (thread == 0) p.scale[list] = scale;
    TURBODIFF_UNROLL
    for (int i = 0; i < group_rows; ++i) {
      const int r = group + i * groups;
      if (r >= rows) continue;
      std::int8_t* to = p.values + start + r * width + channel;
      to[0] = half_away_s8(low_bf16(y[i]), scale);
      to[1] = half_away_s8(high_bf16(y[i]), scale);
    }
  }
}

}  // namespace turbodiff::kernels
