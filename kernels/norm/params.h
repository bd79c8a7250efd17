// Row norms of the networks, one thread block a row:
//   layer_norm: out = (x - mean) / sqrt(var + eps) mul + add
//   rms_norm:   out = x / sqrt(mean(x^2) + eps) weight; then, with tables, each head's interleaved pairs
//               rotated: (y0 cos - y1 sin, y0 sin + y1 cos)
// The equations are those of lib/ops/layer_norm.h and lib/ops/rms_norm.h; reference: ops/norm in
// thu-ml/TurboDiffusion. Sums in fp32: thread i takes the elements i, i + norm_threads, ... ascending, a warp
// adds its threads' sums in pairs 16, 8, 4, 2, 1 apart, then the warps' sums are added ascending. Device
// pointers, rows contiguous.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/storage.h"

namespace turbodiff::kernels {

constexpr int norm_threads = 256;
constexpr std::size_t norm_shared_bytes = norm_threads / 32 * 4;

struct LayerNormParams {
  const float* x;  ///< [rows, dim]
  void* out;       ///< [rows, dim] in out_type
  Storage out_type;
  std::int64_t rows, dim;
  float eps;
  const float* mul;  ///< [ceil(rows / rows_per_group), dim]
  const float* add;  ///< [ceil(rows / rows_per_group), dim]
  std::int64_t rows_per_group;
};

struct RmsNormParams {
  const void* x;  ///< [rows, dim] in x_type
  void* out;      ///< [rows, dim] in out_type
  Storage x_type, out_type;
  std::int64_t rows, dim;
  float eps;
  const float* weight;  ///< [dim]
  const float* cos;     ///< [length, head_dim / 2], or null for no rotation
  const float* sin;
  std::int64_t length, head_dim;  ///< row r is position r % length
};

}  // namespace turbodiff::kernels
