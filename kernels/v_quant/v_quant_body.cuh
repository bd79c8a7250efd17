// One thread per channel.
#pragma once

#include "common/device.h"
#include "v_quant/params.h"

namespace turbodiff::kernels {

/// The byte of token `row` of 64 among the bytes of its channel: token 8 n + 2 t + j of 32 is at byte n / 2 *
/// 16 + 4 t + n % 2 * 2 + j, as lane t of a quad holds scores of tile n.
__device__ __forceinline__ int v_slot(int row) {
  const int tile = row % 32 / 8, lane = row % 8 / 2;
  return row / 32 * 32 + tile / 2 * 16 + lane * 4 + tile % 2 * 2 + row % 2;
}

__device__ __forceinline__ void v_largest_body(const VQuantParams& p) {
  const std::int64_t shares = (p.length + p.share_rows - 1) / p.share_rows, id = blockIdx.x;
  const std::int64_t head = id / shares, begin = id % shares * p.share_rows;
  const std::int64_t end = begin + p.share_rows < p.length ? begin + p.share_rows : p.length;
  const std::int64_t stride = p.heads * v_quant_dim;
  const std::uint16_t* v =
      p.v + head / p.heads * p.length * stride + head % p.heads * v_quant_dim + threadIdx.x;
  float amax = 0;
  for (std::int64_t row = begin; row < end; ++row) amax = fmaxf(amax, fabsf(from_bf16_bits(v[row * stride])));
  p.parts[id * v_quant_dim + threadIdx.x] = amax;
}

__device__ __forceinline__ void v_quant_body(const VQuantParams& p, unsigned char* shared) {
  const std::int64_t shares = (p.length + p.share_rows - 1) / p.share_rows;
  const std::int64_t blocks = (p.length + v_quant_rows - 1) / v_quant_rows, id = blockIdx.x;
  const std::int64_t head = id / blocks, first = id % blocks * v_quant_rows, stride = p.heads * v_quant_dim;
  const int thread = static_cast<int>(threadIdx.x);

  float amax = 1e-20f;
  for (std::int64_t share = 0; share < shares; ++share)
    amax = fmaxf(amax, p.parts[(head * shares + share) * v_quant_dim + thread]);
  const float scale = amax / 2.25f;
  if (first == 0) p.scale[head * v_quant_dim + thread] = scale;

  const std::uint16_t* v = p.v + (head / p.heads * p.length + first) * stride + head % p.heads * v_quant_dim;
  unsigned char* row_bytes = shared + thread * v_quant_row_bytes;
  for (int row = 0; row < v_quant_rows; ++row)
    row_bytes[v_slot(row)] = first + row < p.length
                                 ? to_e4m3_bits(from_bf16_bits(v[row * stride + thread]) / scale)
                                 : std::uint8_t{0};
  sync_block();
  std::uint8_t* out = p.out + id * v_quant_dim * v_quant_rows;
  for (int i = thread; i < v_quant_dim * v_quant_rows / 4; i += v_quant_threads) {
    std::uint32_t word;
    load_4(word, shared + i / 16 * v_quant_row_bytes + i % 16 * 4);
    store_4(out + i * 4, word);
  }
}

}  // namespace turbodiff::kernels
