// A thread block of 8 warps computes a 128 x 128 tile of the output (so one block of scales each way), 128 of
// K per step in three cp.async stages. A warp computes 64 x 32: integer sums of one step in registers, which
// are scaled and added to fp32 sums.
#pragma once

#include "common/device.h"
#include "common/reduce.h"
#include "w8a8_gemm/params.h"

namespace turbodiff::kernels {

/// Byte (row, chunk of 16) of a 128-byte wide tile; the exclusive or spreads ldmatrix rows over all banks.
__device__ __forceinline__ int tile_offset(int row, int chunk) {
  return row * 128 + ((chunk ^ (row & 7)) << 4);
}

/// Rows [first_row, +128) x bytes [first_k, +128) of a [rows, k] matrix into `tile`, zeros outside it.
__device__ __forceinline__ void w8a8_load(std::int8_t* tile, const std::int8_t* from, std::int64_t first_row,
                                          std::int64_t rows, std::int64_t first_k, std::int64_t k) {
  TURBODIFF_UNROLL
  for (int i = 0; i < 128 * 8 / w8a8_threads; ++i) {
    const int index = static_cast<int>(threadIdx.x) + i * w8a8_threads, row = index / 8, chunk = index % 8;
    const std::int64_t at_row = first_row + row, at_k = first_k + chunk * 16;
    std::int8_t* to = tile + tile_offset(row, chunk);
    const std::int64_t rest = at_row < rows ? k - at_k : 0;
    const int bytes = rest >= 16 ? 16 : rest > 0 ? static_cast<int>(rest) : 0;
    if (k % 16 == 0) {
      copy_async_16(to, bytes > 0 ? from + at_row * k + at_k : from, bytes);
    } else {
      for (int b = 0; b < 16; ++b) to[b] = b < bytes ? from[at_row * k + at_k + b] : std::int8_t{0};
    }
  }
}

/// GELU, tanh form: 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
__device__ __forceinline__ float gelu_tanh(float x) {
  const float inner = 0.7978845608028654f * multiply_add(0.044715f * x * x, x, x);
  return 0.5f * x * (1.0f + tanhf(inner));
}

template <W8a8Epilogue Epilogue>
__device__ __forceinline__ void w8a8_gemm_body(const W8a8Params& p, unsigned char* shared) {
  std::int8_t* tiles = reinterpret_cast<std::int8_t*>(shared);
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  const int warp_row = warp / 4 * 64, warp_column = warp % 4 * 32;

  // Tiles are ordered in bands of 8 rows, so that concurrent blocks share weights and activations in L2.
  const std::int64_t m_tiles = (p.m + 127) / 128, n_tiles = (p.n + 127) / 128, k_tiles = (p.k + 127) / 128;
  const std::int64_t id = blockIdx.x, band = id / (8 * n_tiles), in_band = id % (8 * n_tiles);
  const std::int64_t band_rows = m_tiles - band * 8 < 8 ? m_tiles - band * 8 : 8;
  const std::int64_t m_tile = band * 8 + in_band % band_rows, n_tile = in_band / band_rows;
  const std::int64_t first_m = m_tile * 128, first_n = n_tile * 128;

  const auto load = [&](std::int64_t step) {
    if (step < k_tiles) {
      std::int8_t* tile = tiles + step % w8a8_stages * (2 * 128 * 128);
      w8a8_load(tile, p.x, first_m, p.m, step * 128, p.k);
      w8a8_load(tile + 128 * 128, p.weight, first_n, p.n, step * 128, p.k);
    }
    copy_async_commit();
  };
  for (int step = 0; step < w8a8_stages - 1; ++step) load(step);

  float acc[4][4][4] = {};
  for (std::int64_t step = 0; step < k_tiles; ++step) {
    copy_async_wait<w8a8_stages - 2>();
    sync_block();
    load(step + w8a8_stages - 1);
    const std::int8_t* x_tile = tiles + step % w8a8_stages * (2 * 128 * 128);
    const std::int8_t* w_tile = x_tile + 128 * 128;
    std::int32_t sum[4][4][4] = {};
    TURBODIFF_UNROLL
    for (int ks = 0; ks < 4; ++ks) {
      std::uint32_t a[4][4], b[4][2];
      TURBODIFF_UNROLL
      for (int i = 0; i < 4; ++i)  // matrices: rows 0-7, rows 8-15, both again 16 bytes on
        ldmatrix_x4(a[i], x_tile + tile_offset(warp_row + i * 16 + lane % 16, ks * 2 + lane / 16));
      TURBODIFF_UNROLL
      for (int j = 0; j < 4; j += 2) {  // matrices: columns 0-7 at both halves of k, then columns 8-15
        std::uint32_t both[4];
        ldmatrix_x4(both, w_tile + tile_offset(warp_column + j * 8 + lane / 16 * 8 + lane % 8,
                                               ks * 2 + lane / 8 % 2));
        b[j][0] = both[0], b[j][1] = both[1], b[j + 1][0] = both[2], b[j + 1][1] = both[3];
      }
      TURBODIFF_UNROLL
      for (int i = 0; i < 4; ++i) {
        TURBODIFF_UNROLL
        for (int j = 0; j < 4; ++j) mma_s8(sum[i][j], a[i], b[j]);
      }
    }
    const float scale = p.x_scale[m_tile * k_tiles + step] * p.weight_scale[n_tile * k_tiles + step];
    TURBODIFF_UNROLL
    for (int i = 0; i < 4; ++i) {
      TURBODIFF_UNROLL
      for (int j = 0; j < 4; ++j) {
        TURBODIFF_UNROLL
        for (int e = 0; e < 4; ++e)
          acc[i][j][e] = multiply_add(static_cast<float>(sum[i][j][e]), scale, acc[i][j][e]);
      }
    }
  }
  copy_async_wait<0>();

  // Element e of fragment (i, j): row lane / 4 (+ 8 from e = 2 on), column 2 (lane % 4) + e % 2.
  float amax = 1e-8f;
  const auto each = [&](auto&& visit) {
    TURBODIFF_UNROLL
    for (int i = 0; i < 4; ++i) {
      TURBODIFF_UNROLL
      for (int j = 0; j < 4; ++j) {
        TURBODIFF_UNROLL
        for (int e = 0; e < 4; ++e) {
          const std::int64_t row = first_m + warp_row + i * 16 + lane / 4 + e / 2 * 8;
          const std::int64_t column = first_n + warp_column + j * 8 + lane % 4 * 2 + e % 2;
          if (row < p.m && column < p.n) visit(acc[i][j][e], row, column);
        }
      }
    }
  };
  each([&](float& value, [[maybe_unused]] std::int64_t row, std::int64_t column) {
    float y = from_bf16_bits(to_bf16_bits(value));
    if (p.bias != nullptr) y = from_bf16_bits(to_bf16_bits(y + p.bias[column]));
    if constexpr (Epilogue == W8a8Epilogue::store) {
      p.out[row * p.n + column] = to_bf16_bits(y);
    } else if constexpr (Epilogue == W8a8Epilogue::residual) {
      const float gate = p.gate == nullptr ? 1.0f : p.gate[row / p.rows_per_group * p.n + column];
      float& to = p.residual[row * p.n + column];
      to = multiply_add(y, gate, to);
    } else {
      value = from_bf16_bits(to_bf16_bits(gelu_tanh(y)));
      amax = fmaxf(amax, fabsf(value));
    }
  });
  if constexpr (Epilogue == W8a8Epilogue::requantise) {
    amax = warp_max(amax);
    float* maxima = reinterpret_cast<float*>(shared);
    sync_block();  // the last step's tiles have been read
    if (lane == 0) maxima[warp] = amax;
    sync_block();
    for (int i = 0; i < w8a8_threads / 32; ++i) amax = fmaxf(amax, maxima[i]);
    if (thread == 0) p.out_scale[m_tile * n_tiles + n_tile] = amax / 128.0f;
    const float factor = 128.0f / amax;
    each([&](const float& value, std::int64_t row, std::int64_t column) {
      p.out_q[row * p.n + column] = saturate_s8(value, factor);
    });
  }
}

}  // namespace turbodiff::kernels
