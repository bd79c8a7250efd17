// Four neighbouring elements of a row in fp32 or bf16, in one access where all four are there.
#pragma once

#include "common/reduce.h"

namespace turbodiff::kernels {

/// Elements [first, first + count) of x, padded with zeros to four. `aligned`: `first` is a multiple of four
/// and x is aligned to 16 bytes, so that one access reads all four.
__device__ __forceinline__ void load_four(float (&out)[4], const float* x, std::int64_t first, int count,
                                          bool aligned) {
  if (aligned && count >= 4) {
    std::uint32_t words[4];
    load_16(words, x + first);
    TURBODIFF_UNROLL
    for (int i = 0; i < 4; ++i) out[i] = float_of_bits(words[i]);
  } else {
    TURBODIFF_UNROLL
    for (int i = 0; i < 4; ++i) out[i] = i < count ? x[first + i] : 0.0f;
  }
}
__device__ __forceinline__ void load_four(float (&out)[4], const std::uint16_t* x, std::int64_t first,
                                          int count, bool aligned) {
  if (aligned && count >= 4) {
    std::uint32_t words[2];
    load_8(words, x + first);
    TURBODIFF_UNROLL
    for (int i = 0; i < 4; ++i)
      out[i] = from_bf16_bits(static_cast<std::uint16_t>(words[i / 2] >> (i % 2 * 16)));
  } else {
    TURBODIFF_UNROLL
    for (int i = 0; i < 4; ++i) out[i] = i < count ? from_bf16_bits(x[first + i]) : 0.0f;
  }
}

__device__ __forceinline__ void store_four(float* x, std::int64_t first, int count, bool aligned,
                                           const float (&values)[4]) {
  if (aligned && count >= 4) {
    std::uint32_t words[4];
    TURBODIFF_UNROLL
    for (int i = 0; i < 4; ++i) words[i] = float_bits(values[i]);
    store_16(x + first, words);
  } else {
    TURBODIFF_UNROLL
    for (int i = 0; i < 4; ++i)
      if (i < count) x[first + i] = values[i];
  }
}
__device__ __forceinline__ void store_four(std::uint16_t* x, std::int64_t first, int count, bool aligned,
                                           const float (&values)[4]) {
  if (aligned && count >= 4) {
    const std::uint32_t words[2] = {
        to_bf16_bits(values[0]) | static_cast<std::uint32_t>(to_bf16_bits(values[1])) << 16,
        to_bf16_bits(values[2]) | static_cast<std::uint32_t>(to_bf16_bits(values[3])) << 16};
    store_8(x + first, words);
  } else {
    TURBODIFF_UNROLL
    for (int i = 0; i < 4; ++i)
      if (i < count) x[first + i] = to_bf16_bits(values[i]);
  }
}

/// saturate_s8() of four values.
__device__ __forceinline__ void store_four_s8(std::int8_t* x, std::int64_t first, int count, bool aligned,
                                              const float (&values)[4], float factor) {
  if (aligned && count >= 4) {
    std::uint32_t word = 0;
    TURBODIFF_UNROLL
    for (int i = 0; i < 4; ++i)
      word |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(saturate_s8(values[i], factor)))
              << (8 * i);
    store_4(x + first, word);
  } else {
    TURBODIFF_UNROLL
    for (int i = 0; i < 4; ++i)
      if (i < count) x[first + i] = saturate_s8(values[i], factor);
  }
}

/// The number of the four elements from `column` on that lie within a row of `dim` elements.
__device__ __forceinline__ int elements_left(std::int64_t column, std::int64_t dim) {
  const std::int64_t left = dim - column;
  return left <= 0 ? 0 : left < 4 ? static_cast<int>(left) : 4;
}

}  // namespace turbodiff::kernels
