// One thread block a block of queries of one head; a warp has 16 queries and takes 64 keys at a time. Keys
// and values come through two cp.async stages; scores stay in registers and become the fp16 operand of the
// product with v as they lie. The linear branch is one more product, 16 x D x D a warp, with M in the freed
// stages.
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

/// Keys and values of one block to shared memory, zeros past the last token.
template <typename Shape>
__device__ __forceinline__ void sagesla_load(unsigned char* stage, const SageslaParams& p, std::int64_t batch,
                                             std::int64_t head, std::int64_t first) {
  constexpr int k_chunks = sagesla_dim / 16, v_chunks = sagesla_dim / 8;
  const auto element = [&](std::int64_t row) {
    return ((batch * p.length + row) * p.heads + head) * sagesla_dim;
  };
  TURBODIFF_UNROLL_4
  for (int i = 0; i < Shape::k_rows * k_chunks / Shape::threads; ++i) {
    const int index = static_cast<int>(threadIdx.x) + i * Shape::threads, row = index / k_chunks,
              chunk = index % k_chunks;
    const bool in = first + row < p.length;
    copy_async_16(stage + swizzled(row, chunk, k_chunks),
                  in ? p.k8 + element(first + row) + chunk * 16 : p.k8, in ? 16 : 0);
  }
  TURBODIFF_UNROLL_4
  for (int i = 0; i < Shape::k_rows * v_chunks / Shape::threads; ++i) {
    const int index = static_cast<int>(threadIdx.x) + i * Shape::threads, row = index / v_chunks,
              chunk = index % v_chunks;
    const bool in = first + row < p.length;
    copy_async_16(stage + Shape::k_bytes + swizzled(row, chunk, v_chunks),
                  in ? p.v + element(first + row) + chunk * 8 : p.v, in ? 16 : 0);
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

template <SageslaTiling Tiling>
__device__ __forceinline__ void sagesla_fwd_body(const SageslaParams& p, unsigned char* shared) {
  using Shape = SageslaShape<Tiling>;
  constexpr int part = 64, n_tiles = part / 8, stage_bytes = Shape::k_bytes + Shape::v_bytes;
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const std::int64_t q_blocks = (p.length + Shape::q_rows - 1) / Shape::q_rows;
  const std::int64_t k_blocks = (p.length + Shape::k_rows - 1) / Shape::k_rows;
  const std::int64_t id = blockIdx.x, q_block = id % q_blocks, batch_head = id / q_blocks;
  const std::int64_t batch = batch_head / p.heads, head = batch_head % p.heads;
  const std::int32_t* lut = p.lut + id * p.kept;
  const auto element = [&](std::int64_t row) {
    return ((batch * p.length + row) * p.heads + head) * sagesla_dim;
  };

  const auto load = [&](std::int64_t index) {
    if (index < p.kept)
      sagesla_load<Shape>(shared + index % 2 * stage_bytes, p, batch, head,
                          static_cast<std::int64_t>(lut[index]) * Shape::k_rows);
    copy_async_commit();
  };
  load(0);

  const std::int64_t rows[2] = {q_block * Shape::q_rows + warp * 16 + lane / 4,
                                q_block * Shape::q_rows + warp * 16 + lane / 4 + 8};
  std::uint32_t q[4][4];
  TURBODIFF_UNROLL
  for (int step = 0; step < 4; ++step) {
    TURBODIFF_UNROLL
    for (int i = 0; i < 4; ++i) {  // rows 0-7, rows 8-15, both again 16 channels on
      const std::int64_t row = rows[i % 2];
      q[step][i] = row < p.length ? *reinterpret_cast<const std::uint32_t*>(p.q8 + element(row) + step * 32 +
                                                                            i / 2 * 16 + lane % 4 * 4)
                                  : 0u;
    }
  }

  const float q_scale = p.q_scale[id];
  float o[16][4] = {}, maximum[2] = {-3.4e38f, -3.4e38f}, divisor[2] = {0, 0};
  for (std::int64_t index = 0; index < p.kept; ++index) {
    copy_async_wait<0>();
    sync_block();
    load(index + 1);
    const unsigned char* stage = shared + index % 2 * stage_bytes;
    const std::int64_t block = lut[index];
    const float factor =
        (q_scale * p.k_scale[batch_head * k_blocks + block]) * 0.12751743f;  // log2(e) / sqrt(128)
    const int keys = p.length - block * Shape::k_rows < Shape::k_rows
                         ? static_cast<int>(p.length - block * Shape::k_rows)
                         : Shape::k_rows;

    TURBODIFF_NO_UNROLL
    for (int first = 0; first < Shape::k_rows; first += part) {
      float s[n_tiles][4];
      TURBODIFF_UNROLL
      for (int n = 0; n < n_tiles; n += 2) {
        std::int32_t left[4] = {}, right[4] = {};
        TURBODIFF_UNROLL
        for (int step = 0; step < 4;
             ++step) {  // matrices: keys 0-7 at both halves of 32 channels, then keys 8-15
          std::uint32_t both[4];
          ldmatrix_x4(both, stage + swizzled(first + n * 8 + lane / 16 * 8 + lane % 8,
                                             step * 2 + lane / 8 % 2, sagesla_dim / 16));
          const std::uint32_t b_left[2] = {both[0], both[1]}, b_right[2] = {both[2], both[3]};
          mma_s8(left, q[step], b_left);
          mma_s8(right, q[step], b_right);
        }
        TURBODIFF_UNROLL
        for (int e = 0; e < 4; ++e) {
          const int key = first + n * 8 + lane % 4 * 2 + e % 2;
          s[n][e] = key < keys ? static_cast<float>(left[e]) * factor : -3.4e38f;
          s[n + 1][e] = key + 8 < keys ? static_cast<float>(right[e]) * factor : -3.4e38f;
        }
      }

      float high[2] = {maximum[0], maximum[1]};
      TURBODIFF_UNROLL
      for (int n = 0; n < n_tiles; ++n) {
        TURBODIFF_UNROLL
        for (int e = 0; e < 4; ++e) high[e / 2] = fmaxf(high[e / 2], s[n][e]);
      }
      TURBODIFF_UNROLL
      for (int r = 0; r < 2; ++r) {
        high[r] = quad_max(high[r]);
        const float rescale = power_of_two(maximum[r] - high[r]);
        maximum[r] = high[r];
        divisor[r] *= rescale;
        TURBODIFF_UNROLL
        for (int n = 0; n < 16; ++n) o[n][2 * r] *= rescale, o[n][2 * r + 1] *= rescale;
      }
      TURBODIFF_UNROLL
      for (int n = 0; n < n_tiles; ++n) {
        TURBODIFF_UNROLL
        for (int e = 0; e < 4; ++e) {
          s[n][e] = power_of_two(s[n][e] - maximum[e / 2]);
          divisor[e / 2] += s[n][e];
        }
      }
      TURBODIFF_UNROLL
      for (int step = 0; step < part / 16; ++step) {
        const float(&l)[4] = s[2 * step], (&r)[4] = s[2 * step + 1];
        const std::uint32_t a[4] = {pack_halves(l[0], l[1]), pack_halves(l[2], l[3]), pack_halves(r[0], r[1]),
                                    pack_halves(r[2], r[3])};
        sagesla_product(o, a, stage + Shape::k_bytes + first * 2 * sagesla_dim, step, lane);
      }
    }
  }
  copy_async_wait<0>();
  TURBODIFF_UNROLL
  for (int r = 0; r < 2; ++r) {
    const float inverse = 1.0f / quad_sum(divisor[r]);
    TURBODIFF_UNROLL
    for (int n = 0; n < 16; ++n) o[n][2 * r] *= inverse, o[n][2 * r + 1] *= inverse;
  }

  if (p.m != nullptr) {
    sync_block();  // the stages are free
    constexpr int chunks = sagesla_dim / 8;
    const std::uint16_t* m = p.m + batch_head * sagesla_dim * sagesla_dim;
    for (int index = static_cast<int>(threadIdx.x); index < sagesla_dim * chunks; index += Shape::threads)
      copy_async_16(shared + swizzled(index / chunks, index % chunks, chunks), m + index * 8, 16);
    copy_async_commit();
    SageslaFeatures features{};
    for (int r = 0; r < 2; ++r) features.row[r] = rows[r] < p.length ? p.q + element(rows[r]) : nullptr;
    float weight[2];
    features.prepare(lane, p.k_sum + batch_head * sagesla_dim, weight);
    TURBODIFF_UNROLL
    for (int r = 0; r < 2; ++r) weight[r] = p.m_scale[batch_head] / (1e-5f + weight[r]);
    copy_async_wait<0>();
    sync_block();
    float linear[16][4] = {};
    TURBODIFF_NO_UNROLL
    for (int step = 0; step < sagesla_dim / 16; ++step) {
      std::uint32_t a[4];
      TURBODIFF_UNROLL
      for (int i = 0; i < 4; ++i) {
        const int channel = step * 16 + i / 2 * 8 + lane % 4 * 2;
        a[i] = pack_halves(features.value(i % 2, channel), features.value(i % 2, channel + 1));
      }
      sagesla_product(linear, a, shared, step, lane);
    }
    TURBODIFF_UNROLL
    for (int n = 0; n < 16; ++n) {
      TURBODIFF_UNROLL
      for (int e = 0; e < 4; ++e)
        o[n][e] = multiply_add(linear[n][e], weight[e / 2], o[n][e]) + p.bias[n * 8 + lane % 4 * 2 + e % 2];
    }
  }
  TURBODIFF_UNROLL
  for (int n = 0; n < 16; ++n) {
    TURBODIFF_UNROLL
    for (int r = 0; r < 2; ++r)
      if (rows[r] < p.length)
        *reinterpret_cast<std::uint32_t*>(p.out + element(rows[r]) + n * 8 + lane % 4 * 2) =
            to_bf16_bits(o[n][2 * r]) | static_cast<std::uint32_t>(to_bf16_bits(o[n][2 * r + 1])) << 16;
  }
}

}  // namespace turbodiff::kernels
