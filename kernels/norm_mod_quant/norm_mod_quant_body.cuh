// One thread block per 128 rows: first the statistics, one warp per row, then block after block of 128
// columns, whose second read is served by L2. A warp holds 8 rows of a block in registers between finding the
// maximum and the quantisation.
#pragma once

#include "common/device.h"
#include "common/reduce.h"
#include "norm_mod_quant/params.h"

namespace turbodiff::kernels {

__device__ __forceinline__ void norm_mod_quant_body(const NormModQuantParams& p, unsigned char* shared) {
  constexpr int warps = norm_mod_quant_threads / 32, warp_rows = 128 / warps;
  float* mean = reinterpret_cast<float*>(shared);
  float* rstd = mean + 128;
  float* maxima = rstd + 128;
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * 128, column_blocks = (p.dim + 127) / 128;

  for (int r = warp * warp_rows; r < (warp + 1) * warp_rows; ++r) {
    if (first + r >= p.rows) continue;
    const float* x = p.x + (first + r) * p.dim;
    float sum = 0, squares = 0;
    for (std::int64_t i = lane; i < p.dim; i += 32) sum += x[i];
    const float average = warp_sum(sum) / static_cast<float>(p.dim);
    for (std::int64_t i = lane; i < p.dim; i += 32)
      squares = multiply_add(x[i] - average, x[i] - average, squares);
    squares = warp_sum(squares);
    mean[r] = average;
    rstd[r] = 1.0f / sqrtf(squares / static_cast<float>(p.dim) + p.eps);
  }

  for (std::int64_t block = 0; block < column_blocks; ++block) {
    float y[warp_rows][4], amax = 1e-8f;
    TURBODIFF_UNROLL
    for (int i = 0; i < warp_rows; ++i) {
      const std::int64_t row = first + warp * warp_rows + i;
      TURBODIFF_UNROLL
      for (int j = 0; j < 4; ++j) {
        const std::int64_t column = block * 128 + j * 32 + lane;
        y[i][j] = 0;
        if (row < p.rows && column < p.dim) {
          const int r = warp * warp_rows + i;  // statistics of the warp's own rows
          const std::int64_t modulation = row / p.rows_per_group * p.dim + column;
          const float normal = (p.x[row * p.dim + column] - mean[r]) * rstd[r];
          y[i][j] = from_bf16_bits(to_bf16_bits(multiply_add(normal, p.mul[modulation], p.add[modulation])));
        }
        amax = fmaxf(amax, fabsf(y[i][j]));
      }
    }
    amax = warp_max(amax);
    sync_block();  // all threads have read the previous block's maxima
    if (lane == 0) maxima[warp] = amax;
    sync_block();
    for (int i = 0; i < warps; ++i) amax = fmaxf(amax, maxima[i]);
    if (threadIdx.x == 0) p.out_scale[blockIdx.x * column_blocks + block] = amax / 128.0f;
    const float factor = 128.0f / amax;
    TURBODIFF_UNROLL
    for (int i = 0; i < warp_rows; ++i) {
      const std::int64_t row = first + warp * warp_rows + i;
      TURBODIFF_UNROLL
      for (int j = 0; j < 4; ++j) {
        const std::int64_t column = block * 128 + j * 32 + lane;
        if (row < p.rows && column < p.dim) p.out[row * p.dim + column] = saturate_s8(y[i][j], factor);
      }
    }
  }
}

}  // namespace turbodiff::kernels
