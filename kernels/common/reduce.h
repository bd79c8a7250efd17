// Sums and maxima over a warp, the same in every lane, and rounding to int8.
#pragma once

#include "common/device.h"

namespace turbodiff::kernels {

__device__ __forceinline__ float warp_sum(float x) {
  for (int mask = 16; mask > 0; mask /= 2) x += shuffle_xor(x, mask);
  return x;
}
__device__ __forceinline__ float warp_max(float x) {
  for (int mask = 16; mask > 0; mask /= 2) x = fmaxf(x, shuffle_xor(x, mask));
  return x;
}

/// saturate(round half to even(x factor)) to int8.
__device__ __forceinline__ std::int8_t saturate_s8(float x, float factor) {
  return static_cast<std::int8_t>(fminf(fmaxf(rintf(x * factor), -128.0f), 127.0f));
}

/// x / scale to int8, half away from zero.
__device__ __forceinline__ std::int8_t half_away_s8(float x, float scale) {
  const float ratio = x / scale;
  return static_cast<std::int8_t>(truncf(ratio + (ratio >= 0 ? 0.5f : -0.5f)));
}

}  // namespace turbodiff::kernels
