// Row norms of the networks on CUDA, one thread block a row, sums in fp32. The equations are those of
// lib/ops/layer_norm.h and lib/ops/rms_norm.h; thu-ml/TurboDiffusion's ops/norm does the same in fp32.
// Raw device pointers; rows are contiguous; every call is asynchronous on `stream`. Errors:
// std::runtime_error.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace turbodiff::kernels {

enum class Storage : std::uint8_t { f32, bf16, f16 };

struct LayerNormParams {
  const float* x;  ///< [rows, dim]
  void* out;       ///< [rows, dim] in out_type
  Storage out_type;
  std::int64_t rows, dim;
  float eps;
  const float* mul;  ///< [rows / rows_per_group, dim]
  const float* add;  ///< [rows / rows_per_group, dim]
  std::int64_t rows_per_group;
};
/// out = (x - mean) / sqrt(var + eps) * mul + add
void layer_norm(const LayerNormParams& params, cudaStream_t stream);

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
/// out = x * rsqrt(mean(x^2) + eps) * weight, then, with tables, each head's interleaved pairs rotated.
/// x_type and out_type must agree where there is a rotation.
void rms_norm(const RmsNormParams& params, cudaStream_t stream);

}  // namespace turbodiff::kernels
