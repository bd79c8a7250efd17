// What the references of kernels for rows share: operands of several element types, sums in the order of a
// warp.
#pragma once

#include "common/storage.h"
#include "reference/scalar.h"

namespace turbodiff::kernels::reference {

inline float read_element(const void* x, Storage type, std::int64_t i) {
  if (type == Storage::f32) return static_cast<const float*>(x)[i];
  const std::uint16_t bits = static_cast<const std::uint16_t*>(x)[i];
  return type == Storage::bf16 ? from_bf16(bits) : from_half(bits);
}
inline void write_element(void* out, Storage type, std::int64_t i, float value) {
  if (type == Storage::f32)
    static_cast<float*>(out)[i] = value;
  else
    static_cast<std::uint16_t*>(out)[i] = type == Storage::bf16 ? to_bf16(value) : to_half(value);
}

/// As warp_sum() of common/reduce.h adds 32 lanes, which are overwritten.
inline float sum_of_lanes(float* lanes) {
  for (int apart = 16; apart > 0; apart /= 2)
    for (int i = 0; i < apart; ++i) lanes[i] += lanes[i + apart];
  return lanes[0];
}

}  // namespace turbodiff::kernels::reference
