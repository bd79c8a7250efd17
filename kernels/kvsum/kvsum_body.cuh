// part: one thread block per share of one head's tokens, 8 x 8 elements of M per thread; reduce: one thread
// block per head.
#pragma once

#include "common/device.h"
#include "common/reduce.h"
#include "kvsum/params.h"

namespace turbodiff::kernels {

constexpr std::int64_t kvsum_part_size = (kvsum_dim + 1) * kvsum_dim;

__device__ __forceinline__ void kvsum_part_body(const KvsumParams& p, unsigned char* shared) {
  float* phi = reinterpret_cast<float*>(shared);  // [kvsum_rows, D]
  float* value = phi + kvsum_rows * kvsum_dim;
  const std::int64_t shares = (p.length + p.share_rows - 1) / p.share_rows, id = blockIdx.x;
  const std::int64_t head = id / shares, begin = id % shares * p.share_rows;
  const std::int64_t end = begin + p.share_rows < p.length ? begin + p.share_rows : p.length;
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  const int first_row = thread / 16 * 8, first_column = thread % 16 * 8;

  float sum[8][8] = {}, k_sum = 0;
  for (std::int64_t first = begin; first < end; first += kvsum_rows) {
    const int rows = end - first < kvsum_rows ? static_cast<int>(end - first) : kvsum_rows;
    for (int r = warp; r < rows; r += kvsum_threads / 32) {
      const std::int64_t element =
          ((head / p.heads * p.length + first + r) * p.heads + head % p.heads) * kvsum_dim + lane;
      float e[4], high = -3.4e38f, total = 0;
      TURBODIFF_UNROLL
      for (int i = 0; i < 4; ++i) {
        e[i] = from_bf16_bits(p.k[element + 32 * i]);
        high = fmaxf(high, e[i]);
      }
      high = warp_max(high);
      TURBODIFF_UNROLL
      for (int i = 0; i < 4; ++i) {
        e[i] = power_of_two((e[i] - high) * 1.4426950408889634f);
        total += e[i];
      }
      total = warp_sum(total);
      TURBODIFF_UNROLL
      for (int i = 0; i < 4; ++i) {
        const float v = from_bf16_bits(p.v[element + 32 * i]);
        phi[r * kvsum_dim + 32 * i + lane] = e[i] / total;
        value[r * kvsum_dim + 32 * i + lane] = v;
        p.v_half[element + 32 * i] = to_half_bits(fminf(fmaxf(v, -65504.0f), 65504.0f));
      }
    }
    sync_block();
    for (int r = 0; r < rows; ++r) {
      const float* left = phi + r * kvsum_dim + first_row;
      const float* right = value + r * kvsum_dim + first_column;
      TURBODIFF_UNROLL
      for (int i = 0; i < 8; ++i) {
        TURBODIFF_UNROLL
        for (int j = 0; j < 8; ++j) sum[i][j] = multiply_add(left[i], right[j], sum[i][j]);
      }
      if (thread < kvsum_dim) k_sum += phi[r * kvsum_dim + thread];
    }
    sync_block();
  }
  float* part = p.parts + id * kvsum_part_size;
  TURBODIFF_UNROLL
  for (int i = 0; i < 8; ++i) {
    TURBODIFF_UNROLL
    for (int j = 0; j < 8; ++j) part[(first_row + i) * kvsum_dim + first_column + j] = sum[i][j];
  }
  if (thread < kvsum_dim) part[kvsum_dim * kvsum_dim + thread] = k_sum;
}

__device__ __forceinline__ void kvsum_reduce_body(const KvsumParams& p, unsigned char* shared) {
  float* maxima = reinterpret_cast<float*>(shared);
  const std::int64_t shares = (p.length + p.share_rows - 1) / p.share_rows, head = blockIdx.x;
  const int thread = static_cast<int>(threadIdx.x);
  float* part = p.parts + head * shares * kvsum_part_size;
  for (std::int64_t i = thread; i < kvsum_part_size; i += kvsum_threads) {
    float sum = 0;
    for (std::int64_t share = 0; share < shares; ++share) sum += part[share * kvsum_part_size + i];
    part[i] = sum;
  }
  sync_block();
  if (thread < kvsum_dim) p.k_sum[head * kvsum_dim + thread] = part[kvsum_dim * kvsum_dim + thread];

  const int first_row = thread / 16 * 8,
            column = thread % 16;  // columns 16 apart: neighbours read other rows of W
  float product[8][8] = {}, amax = 1e-30f;
  for (int n = 0; n < kvsum_dim; ++n) {
    float left[8], right[8];
    TURBODIFF_UNROLL
    for (int i = 0; i < 8; ++i) {
      left[i] = part[(first_row + i) * kvsum_dim + n];
      right[i] = p.weight[(column + 16 * i) * kvsum_dim + n];
    }
    TURBODIFF_UNROLL
    for (int i = 0; i < 8; ++i) {
      TURBODIFF_UNROLL
      for (int j = 0; j < 8; ++j) product[i][j] = multiply_add(left[i], right[j], product[i][j]);
    }
  }
  TURBODIFF_UNROLL
  for (int i = 0; i < 8; ++i) {
    TURBODIFF_UNROLL
    for (int j = 0; j < 8; ++j) amax = fmaxf(amax, fabsf(product[i][j]));
  }
  amax = warp_max(amax);
  if (thread % 32 == 0) maxima[thread / 32] = amax;
  sync_block();
  for (int i = 0; i < kvsum_threads / 32; ++i) amax = fmaxf(amax, maxima[i]);
  const float scale = amax / 16384.0f;
  if (thread == 0) p.m_scale[head] = scale;
  TURBODIFF_UNROLL
  for (int i = 0; i < 8; ++i) {
    TURBODIFF_UNROLL
    for (int j = 0; j < 8; ++j)
      p.m[(head * kvsum_dim + first_row + i) * kvsum_dim + column + 16 * j] =
          to_half_bits(product[i][j] / scale);
  }
}

}  // namespace turbodiff::kernels
