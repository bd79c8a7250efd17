// The parts of sagesla_fwd_body.cuh: tiles to shared memory, scores, products with values, the features of
// the linear branch.
#pragma once

#include "common/device.h"
#include "sagesla_fwd/params.h"

namespace turbodiff::kernels {

/// Byte of 16-byte chunk `chunk` of a row of `chunks` chunks, spread over the banks for ldmatrix.
__device__ __forceinline__ int swizzled(int row, int chunk, int chunks) {
  return (row * chunks + (chunk ^ (row & 7))) * 16;
}

__device__ __forceinline__ float quad_max(float x) {
  x = fmaxf(x, shuffle_xor(x, 1));
  return fmaxf(x, shuffle_xor(x, 2));
}
__device__ __forceinline__ float quad_sum(float x) {
  x += shuffle_xor(x, 1);
  return x + shuffle_xor(x, 2);
}
__device__ __forceinline__ std::uint32_t pack_halves(float low, float high) {
  return to_half_bits(low) | static_cast<std::uint32_t>(to_half_bits(high)) << 16;
}

/// Byte of 16-byte chunk `chunk` of a 64-byte row: two rows share the banks, four pairs of rows take turns.
__device__ __forceinline__ int swizzled_64(int row, int chunk) {
  return (row * 4 + (chunk ^ (row >> 1 & 3))) * 16;
}

/// e4m3 values of 64 tokens, a row a channel, to shared memory.
template <typename Shape>
__device__ __forceinline__ void sagesla_load_e4m3(unsigned char* to, const std::uint8_t* block) {
  TURBODIFF_UNROLL
  for (int i = 0; i < sagesla_dim * 4 / Shape::threads; ++i) {
    const int index = static_cast<int>(threadIdx.x) + i * Shape::threads;
    copy_async_16(to + swizzled_64(index / 4, index % 4), block + index * 16, 16);
  }
}

/// Keys and values of one block to shared memory, zeros past the last token.
template <typename Shape>
__device__ __forceinline__ void sagesla_load(unsigned char* stage, const SageslaParams& p, std::int64_t batch,
                                             std::int64_t head, std::int64_t first) {
  constexpr int k_chunks = Shape::k_row_bytes / 16, v_chunks = sagesla_dim / 8;
  const char* keys =
      Shape::int8_scores ? reinterpret_cast<const char*>(p.k8) : reinterpret_cast<const char*>(p.k);
  const auto element = [&](std::int64_t row) {
    return ((batch * p.length + row) * p.heads + head) * sagesla_dim;
  };
  TURBODIFF_UNROLL_4
  for (int i = 0; i < Shape::k_rows * k_chunks / Shape::threads; ++i) {
    const int index = static_cast<int>(threadIdx.x) + i * Shape::threads, row = index / k_chunks,
              chunk = index % k_chunks;
    const bool in = first + row < p.length;
    copy_async_16(stage + swizzled(row, chunk, k_chunks),
                  in ? keys + element(first + row) * (Shape::k_row_bytes / sagesla_dim) + chunk * 16 : keys,
                  in ? 16 : 0);
  }
  if constexpr (Shape::e4m3_values) {
    const std::int64_t blocks = (p.length + Shape::k_rows - 1) / Shape::k_rows;
    sagesla_load_e4m3<Shape>(
        stage + Shape::k_bytes,
        p.v8 + ((batch * p.heads + head) * blocks + first / Shape::k_rows) * sagesla_dim * Shape::k_rows);
  } else {
    TURBODIFF_UNROLL_4
    for (int i = 0; i < Shape::k_rows * v_chunks / Shape::threads; ++i) {
      const int index = static_cast<int>(threadIdx.x) + i * Shape::threads, row = index / v_chunks,
                chunk = index % v_chunks;
      const bool in = first + row < p.length;
      copy_async_16(stage + Shape::k_bytes + swizzled(row, chunk, v_chunks),
                    in ? p.v + element(first + row) + chunk * 8 : p.v, in ? 16 : 0);
    }
  }
}

/// Scores of 16 queries and 16 keys, before scaling: left for keys 0 to 7, right for 8 to 15, over the
/// channels of one 32-byte step after another. `q`: the queries' operand of each step.
template <typename Shape>
__device__ __forceinline__ void sagesla_scores(float (&left)[4], float (&right)[4],
                                               const std::uint32_t (&q)[Shape::k_row_bytes / 32][4],
                                               const unsigned char* keys, int first, int lane) {
  std::int32_t left_sum[4] = {}, right_sum[4] = {};
  TURBODIFF_UNROLL
  for (int e = 0; e < 4; ++e) left[e] = right[e] = 0;
  TURBODIFF_UNROLL
  for (int step = 0; step < Shape::k_row_bytes / 32; ++step) {
    // matrices: keys 0-7 at both halves of 32 bytes, then keys 8-15
    std::uint32_t both[4];
    ldmatrix_x4(both, keys + swizzled(first + lane / 16 * 8 + lane % 8, step * 2 + lane / 8 % 2,
                                      Shape::k_row_bytes / 16));
    const std::uint32_t b_left[2] = {both[0], both[1]}, b_right[2] = {both[2], both[3]};
    if constexpr (Shape::int8_scores) {
      mma_s8(left_sum, q[step], b_left);
      mma_s8(right_sum, q[step], b_right);
    } else {
      mma_bf16(left, q[step], b_left);
      mma_bf16(right, q[step], b_right);
    }
  }
  if constexpr (Shape::int8_scores) {
    TURBODIFF_UNROLL
    for (int e = 0; e < 4; ++e) {
      left[e] = static_cast<float>(left_sum[e]);
      right[e] = static_cast<float>(right_sum[e]);
    }
  }
}

/// o += a [16 x 16] times rows [16 step, 16 step + 16) of `rows` [., D] fp16 in shared memory.
__device__ __forceinline__ void sagesla_product(float (&o)[16][4], const std::uint32_t (&a)[4],
                                                const unsigned char* rows, int step, int lane) {
  TURBODIFF_UNROLL
  for (int n = 0; n < 16; n += 2) {  // matrices: rows 0-7, rows 8-15, both again 8 columns on
    std::uint32_t both[4];
    ldmatrix_x4_trans(both, rows + swizzled(step * 16 + lane % 16, n + lane / 16, sagesla_dim / 8));
    const std::uint32_t left[2] = {both[0], both[1]}, right[2] = {both[2], both[3]};
    mma_f16(o[n], a, left);
    mma_f16(o[n + 1], a, right);
  }
}

/// o += 448 p times the values of 64 keys in e4m3, p as the scores lie: two steps of 32 keys in fp16, then
/// fp32.
__device__ __forceinline__ void sagesla_product_e4m3(float (&o)[16][4], const float (&p)[8][4],
                                                     const unsigned char* values, int lane) {
  std::uint32_t a[2][4];
  TURBODIFF_UNROLL
  for (int i = 0; i < 8; ++i) {  // of each step rows 0-7, rows 8-15, both again 16 bytes on
    const int first = i / 4 * 4 + i % 4 / 2 * 2, row = i % 2 * 2;
    a[i / 4][i % 4] = pack_e4m3(p[first][row] * 448, p[first][row + 1] * 448, p[first + 1][row] * 448,
                                p[first + 1][row + 1] * 448);
  }
  TURBODIFF_UNROLL
  for (int n = 0; n < 16; n += 2) {
    std::uint32_t left[2] = {}, right[2] = {};
    TURBODIFF_UNROLL
    for (int step = 0; step < 2; ++step) {  // matrices: channels 0-7 at both halves, then channels 8-15
      std::uint32_t both[4];
      ldmatrix_x4(both, values + swizzled_64(n * 8 + lane / 16 * 8 + lane % 8, step * 2 + lane / 8 % 2));
      const std::uint32_t b_left[2] = {both[0], both[1]}, b_right[2] = {both[2], both[3]};
      mma_e4m3(left, a[step], b_left);
      mma_e4m3(right, a[step], b_right);
    }
    TURBODIFF_UNROLL
    for (int e = 0; e < 4; ++e) {
      o[n][e] += from_half_bits(static_cast<std::uint16_t>(left[e / 2] >> (e % 2 * 16)));
      o[n + 1][e] += from_half_bits(static_cast<std::uint16_t>(right[e / 2] >> (e % 2 * 16)));
    }
  }
}

/// phi(q) of the queries lane / 4 and lane / 4 + 8 of the warp, channel pairs as the fp16 operand wants them.
struct SageslaFeatures {
  const std::uint16_t* row[2];  ///< null past the last token
  float maximum[2], inverse[2];

  __device__ __forceinline__ float value(int r, int channel) const {
    if (row[r] == nullptr) return 0;
    return power_of_two((from_bf16_bits(row[r][channel]) - maximum[r]) * 1.4426950408889634f) * inverse[r];
  }
  /// Also gives the dot products of both rows with k_sum.
  __device__ __forceinline__ void prepare(int lane, const float* k_sum, float (&dot)[2]) {
    TURBODIFF_UNROLL
    for (int r = 0; r < 2; ++r) {
      float high = -3.4e38f, sum = 0;
      dot[r] = 0;
      if (row[r] != nullptr)
        for (int i = 0; i < sagesla_dim / 4; ++i)
          high = fmaxf(high, from_bf16_bits(row[r][i / 2 * 8 + lane % 4 * 2 + i % 2]));
      maximum[r] = quad_max(high);
      inverse[r] = 1;
      TURBODIFF_NO_UNROLL
      for (int i = 0; i < sagesla_dim / 4; ++i) {
        const int channel = i / 2 * 8 + lane % 4 * 2 + i % 2;
        const float e = value(r, channel);
        sum += e;
        dot[r] = multiply_add(e, k_sum[channel], dot[r]);
      }
      sum = quad_sum(sum);
      dot[r] = quad_sum(dot[r]);
      inverse[r] = row[r] == nullptr ? 0.0f : 1.0f / sum;
      dot[r] *= inverse[r];
    }
  }
};

}  // namespace turbodiff::kernels
