// One thread block per row of scores. Scores become integers of the same order; the lowest score kept is
// found bit by bit, each time counting the scores that are not below it; one warp then writes the list in
// order.
#pragma once

#include "block_topk/params.h"
#include "common/device.h"

namespace turbodiff::kernels {

/// Sum over the block of at most block_topk_threads, the same in every thread. `partial`: two integers per
/// warp.
__device__ __forceinline__ int block_count(int value, int* partial, int turn) {
  constexpr int warps = block_topk_threads / 32;
  for (int mask = 16; mask > 0; mask /= 2) value += shuffle_xor(value, mask);
  int* mine = partial + turn % 2 * warps;  // alternating, so that one barrier per sum is enough
  if (threadIdx.x % 32 == 0) mine[threadIdx.x / 32] = value;
  sync_block();
  int total = 0;
  for (int i = 0; i < warps; ++i) total += mine[i];
  return total;
}

/// Integers in the order of the numbers; both zeros are equal, NaN is the lowest.
__device__ __forceinline__ std::uint32_t ordered(float x) {
  if (x != x) return 0;
  const std::uint32_t bits = float_bits(x + 0.0f);
  return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

__device__ __forceinline__ void block_topk_body(const BlockTopkParams& p, unsigned char* shared) {
  std::uint32_t* score = reinterpret_cast<std::uint32_t*>(shared);
  float* q = reinterpret_cast<float*>(shared) + p.k_blocks;
  int* partial = reinterpret_cast<int*>(q + p.dim);
  const std::int64_t list = blockIdx.x, group = list / p.q_blocks;
  const int thread = static_cast<int>(threadIdx.x);

  for (std::int64_t d = thread; d < p.dim; d += block_topk_threads) q[d] = p.q_mean[list * p.dim + d];
  sync_block();
  for (std::int64_t j = thread; j < p.k_blocks; j += block_topk_threads) {
    const float* k = p.k_mean + (group * p.k_blocks + j) * p.dim;
    float sum = 0;
    for (std::int64_t d = 0; d < p.dim; ++d) sum = multiply_add(q[d], k[d], sum);
    score[j] = ordered(sum);
  }
  sync_block();

  std::uint32_t lowest = 0;  // of those kept
  for (int bit = 31; bit >= 0; --bit) {
    const std::uint32_t candidate = lowest | 1u << bit;
    int count = 0;
    for (std::int64_t j = thread; j < p.k_blocks; j += block_topk_threads) count += score[j] >= candidate;
    if (block_count(count, partial, bit) >= p.kept) lowest = candidate;
  }
  int above = 0;
  for (std::int64_t j = thread; j < p.k_blocks; j += block_topk_threads) above += score[j] > lowest;
  const std::int64_t equals = p.kept - block_count(above, partial, 32 + 1);  // the turn after bit 0's

  if (thread >= 32) return;
  std::int64_t written = 0, equals_seen = 0;
  for (std::int64_t first = 0; first < p.k_blocks; first += 32) {
    const std::int64_t j = first + thread;
    const bool in = j < p.k_blocks;
    const std::uint32_t before = (1u << thread) - 1;
    const std::uint32_t ties = ballot(in && score[j] == lowest);
    const bool keep =
        in && (score[j] > lowest || (score[j] == lowest && equals_seen + count_bits(ties & before) < equals));
    const std::uint32_t chosen = ballot(keep);
    if (keep) p.lut[list * p.kept + written + count_bits(chosen & before)] = static_cast<std::int32_t>(j);
    written += count_bits(chosen);
    equals_seen += count_bits(ties);
  }
}

}  // namespace turbodiff::kernels
