// One thread block per block of queries of one head; a warp has 16 queries and processes 64 keys at a time.
// Keys and values are loaded in two cp.async stages; scores stay in registers and become the fp16 operand of
// the product with v without a change of layout. The linear branch is one more product, 16 x D x D per warp,
// with M in the freed stages.
#pragma once

#include "sagesla_fwd/sagesla_parts.cuh"

namespace turbodiff::kernels {

template <SlaVariant Variant>
__device__ __forceinline__ void sagesla_fwd_body(const SageslaParams& p, unsigned char* shared) {
  using Shape = SageslaShape<Variant>;
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
  constexpr int q_steps = Shape::k_row_bytes / 32;
  const char* queries =
      Shape::int8_scores ? reinterpret_cast<const char*>(p.q8) : reinterpret_cast<const char*>(p.q);
  std::uint32_t q[q_steps][4];
  TURBODIFF_UNROLL
  for (int step = 0; step < q_steps; ++step) {
    TURBODIFF_UNROLL
    for (int i = 0; i < 4; ++i) {  // rows 0-7, rows 8-15, both again 16 bytes on
      const std::int64_t row = rows[i % 2], at = element(row) * (Shape::k_row_bytes / sagesla_dim);
      q[step][i] = 0;
      if (row < p.length) load_4(q[step][i], queries + at + step * 32 + i / 2 * 16 + lane % 4 * 4);
    }
  }

  constexpr float score_scale = 0.12751743f;  // log2(e) / sqrt(128)
  const float q_scale = Shape::int8_scores ? p.q_scale[id] : 1.0f;
  float o[16][4] = {}, maximum[2] = {-3.4e38f, -3.4e38f}, divisor[2] = {0, 0};
  for (std::int64_t index = 0; index < p.kept; ++index) {
    copy_async_wait<0>();
    sync_block();
    load(index + 1);
    const unsigned char* stage = shared + index % 2 * stage_bytes;
    const std::int64_t block = lut[index];
    const float k_scale = Shape::int8_scores ? p.k_scale[batch_head * k_blocks + block] : 1.0f;
    const float factor = (q_scale * k_scale) * score_scale;
    const int keys = p.length - block * Shape::k_rows < Shape::k_rows
                         ? static_cast<int>(p.length - block * Shape::k_rows)
                         : Shape::k_rows;

    TURBODIFF_NO_UNROLL
    for (int first = 0; first < Shape::k_rows; first += part) {
      float s[n_tiles][4];
      TURBODIFF_UNROLL
      for (int n = 0; n < n_tiles; n += 2) {
        float left[4], right[4];
        sagesla_scores<Shape>(left, right, q, stage, first + n * 8, lane);
        TURBODIFF_UNROLL
        for (int e = 0; e < 4; ++e) {
          const int key = first + n * 8 + lane % 4 * 2 + e % 2;
          s[n][e] = key < keys ? left[e] * factor : -3.4e38f;
          s[n + 1][e] = key + 8 < keys ? right[e] * factor : -3.4e38f;
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
      if constexpr (Shape::e4m3_values) {
        sagesla_product_e4m3(o, s, stage + Shape::k_bytes, lane);
      } else {
        TURBODIFF_UNROLL
        for (int step = 0; step < part / 16; ++step) {
          const float(&l)[4] = s[2 * step], (&r)[4] = s[2 * step + 1];
          const std::uint32_t a[4] = {pack_halves(l[0], l[1]), pack_halves(l[2], l[3]),
                                      pack_halves(r[0], r[1]), pack_halves(r[2], r[3])};
          sagesla_product(o, a, stage + Shape::k_bytes + first * 2 * sagesla_dim, step, lane);
        }
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
  if constexpr (Shape::e4m3_values) {
    const float* scale = p.v_scale + batch_head * sagesla_dim;
    TURBODIFF_UNROLL
    for (int n = 0; n < 16; ++n) {
      TURBODIFF_UNROLL
      for (int e = 0; e < 4; ++e) o[n][e] *= scale[n * 8 + lane % 4 * 2 + e % 2] * (1.0f / 448);
    }
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
