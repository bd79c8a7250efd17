// One thread block per block of 128 x 128, one warp per 16 rows, four neighbouring columns per lane; values
// stay in registers between finding the maximum and the quantisation.
#pragma once

#include "block_quant/params.h"
#include "common/four.h"

namespace turbodiff::kernels {

/// Element: float or bf16 bits, as p.type says.
template <typename Element>
__device__ __forceinline__ void block_quant_body(const BlockQuantParams& p, unsigned char* shared) {
  constexpr int warps = block_quant_threads / 32, warp_rows = 128 / warps;
  float* maxima = reinterpret_cast<float*>(shared);
  const Element* x = static_cast<const Element*>(p.x);
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const std::int64_t across = (p.dim + 127) / 128, id = blockIdx.x;
  const std::int64_t first_row = id / across * 128 + warp * warp_rows, column = id % across * 128 + lane * 4;
  const bool aligned = p.dim % 4 == 0;
  const int columns = elements_left(column, p.dim);

  float values[warp_rows][4], amax = 1e-8f;
  TURBODIFF_UNROLL
  for (int i = 0; i < warp_rows; ++i) {
    const std::int64_t row = first_row + i;
    load_four(values[i], x, row * p.dim + column, row < p.rows ? columns : 0, aligned);
    TURBODIFF_UNROLL
    for (int j = 0; j < 4; ++j) amax = fmaxf(amax, fabsf(values[i][j]));
  }
  amax = warp_max(amax);
  if (lane == 0) maxima[warp] = amax;
  sync_block();
  for (int i = 0; i < warps; ++i) amax = fmaxf(amax, maxima[i]);
  if (threadIdx.x == 0) p.out_scale[id] = amax / 128.0f;
  const float factor = 128.0f / amax;
  TURBODIFF_UNROLL
  for (int i = 0; i < warp_rows; ++i) {
    const std::int64_t row = first_row + i;
    if (row < p.rows) store_four_s8(p.out, row * p.dim + column, columns, aligned, values[i], factor);
  }
}

}  // namespace turbodiff::kernels
