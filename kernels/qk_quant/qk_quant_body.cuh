// One thread per channel. quant reads its block twice, the second time from L2.
#pragma once

#include "common/device.h"
#include "common/reduce.h"
#include "qk_quant/params.h"

namespace turbodiff::kernels {

/// One block of rows of one head, as seen by a thread block.
struct QkBlock {
  std::int64_t head, block, rows;  ///< head: of batch * heads
  const std::uint16_t* x;          ///< this thread's channel of the first row
  std::int64_t first, stride;      ///< element of x, elements from row to row
};
__device__ __forceinline__ QkBlock qk_block(const QkQuantParams& p) {
  const std::int64_t blocks = (p.length + p.block_rows - 1) / p.block_rows, id = blockIdx.x;
  QkBlock b;
  b.head = id / blocks;
  b.block = id % blocks;
  const std::int64_t row = b.block * p.block_rows;
  b.rows = p.length - row < p.block_rows ? p.length - row : p.block_rows;
  b.stride = p.heads * qk_quant_dim;
  b.first = (b.head / p.heads * p.length + row) * b.stride + b.head % p.heads * qk_quant_dim + threadIdx.x;
  b.x = p.x + b.first;
  return b;
}

__device__ __forceinline__ void qk_pool_body(const QkQuantParams& p) {
  const QkBlock b = qk_block(p);
  float sum = 0;
  for (std::int64_t r = 0; r < b.rows; ++r) sum += from_bf16_bits(b.x[r * b.stride]);
  p.mean[static_cast<std::int64_t>(blockIdx.x) * qk_quant_dim + threadIdx.x] =
      sum / static_cast<float>(b.rows);
}

__device__ __forceinline__ void qk_total_body(const QkQuantParams& p) {
  const std::int64_t blocks = (p.length + p.block_rows - 1) / p.block_rows, head = blockIdx.x;
  float* mean = p.mean + head * blocks * qk_quant_dim + threadIdx.x;
  float sum = 0;
  for (std::int64_t i = 0; i < blocks; ++i) {
    const std::int64_t rest = p.length - i * p.block_rows;
    sum = multiply_add(mean[i * qk_quant_dim], static_cast<float>(rest < p.block_rows ? rest : p.block_rows),
                       sum);
  }
  const float all = sum / static_cast<float>(p.length);
  p.all[head * qk_quant_dim + threadIdx.x] = all;
  if (p.centre)
    for (std::int64_t i = 0; i < blocks; ++i) mean[i * qk_quant_dim] -= all;
}

__device__ __forceinline__ void qk_quant_body(const QkQuantParams& p, unsigned char* shared) {
  float* maxima = reinterpret_cast<float*>(shared);
  const QkBlock b = qk_block(p);
  const float off =
      p.centre ? from_bf16_bits(to_bf16_bits(p.all[b.head * qk_quant_dim + threadIdx.x])) : 0.0f;
  const auto value = [&](std::int64_t r) {
    return from_bf16_bits(to_bf16_bits(from_bf16_bits(b.x[r * b.stride]) - off));
  };
  float amax = 0;
  for (std::int64_t r = 0; r < b.rows; ++r) amax = fmaxf(amax, fabsf(value(r)));
  amax = warp_max(amax);
  if (threadIdx.x % 32 == 0) maxima[threadIdx.x / 32] = amax;
  sync_block();
  for (int i = 0; i < qk_quant_threads / 32; ++i) amax = fmaxf(amax, maxima[i]);
  const float scale = amax / 127.0f + 1e-7f;
  if (threadIdx.x == 0) p.scale[blockIdx.x] = scale;
  for (std::int64_t r = 0; r < b.rows; ++r) {
    p.values[b.first + r * b.stride] = half_away_s8(value(r), scale);
  }
}

}  // namespace turbodiff::kernels
