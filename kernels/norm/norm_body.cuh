// A row is read twice, the second time from the first-level cache.
#pragma once

#include "common/element.h"
#include "common/reduce.h"
#include "norm/params.h"

namespace turbodiff::kernels {

/// Sum over the block, the same in every thread.
__device__ __forceinline__ float norm_sum(float value, float* partial) {
  value = warp_sum(value);
  sync_block();  // all threads have read the previous sum
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = value;
  sync_block();
  float total = 0;
  for (int i = 0; i < norm_threads / 32; ++i) total += partial[i];
  return total;
}

template <typename Out>
__device__ __forceinline__ void layer_norm_body(const LayerNormParams& p, unsigned char* shared) {
  float* partial = reinterpret_cast<float*>(shared);
  const std::int64_t row = blockIdx.x, first = threadIdx.x;
  const float* x = p.x + row * p.dim;
  Out* out = static_cast<Out*>(p.out) + row * p.dim;
  const float* mul = p.mul + row / p.rows_per_group * p.dim;
  const float* add = p.add + row / p.rows_per_group * p.dim;
  float sum = 0, squares = 0;
  for (std::int64_t i = first; i < p.dim; i += norm_threads) sum += x[i];
  const float mean = norm_sum(sum, partial) / static_cast<float>(p.dim);
  for (std::int64_t i = first; i < p.dim; i += norm_threads)
    squares = multiply_add(x[i] - mean, x[i] - mean, squares);
  const float rstd = 1.0f / sqrtf(norm_sum(squares, partial) / static_cast<float>(p.dim) + p.eps);
  for (std::int64_t i = first; i < p.dim; i += norm_threads)
    set(out[i], multiply_add((x[i] - mean) * rstd, mul[i], add[i]));
}

template <typename In, typename Out>
__device__ __forceinline__ void rms_norm_body(const RmsNormParams& p, unsigned char* shared) {
  const std::int64_t row = blockIdx.x, first = threadIdx.x;
  const In* x = static_cast<const In*>(p.x) + row * p.dim;
  Out* out = static_cast<Out*>(p.out) + row * p.dim;
  float squares = 0;
  for (std::int64_t i = first; i < p.dim; i += norm_threads)
    squares = multiply_add(as_float(x[i]), as_float(x[i]), squares);
  const float all = norm_sum(squares, reinterpret_cast<float*>(shared));
  const float rstd = 1.0f / sqrtf(all / static_cast<float>(p.dim) + p.eps);
  if (p.cos == nullptr) {
    for (std::int64_t i = first; i < p.dim; i += norm_threads)
      set(out[i], as_float(x[i]) * rstd * p.weight[i]);
    return;
  }
  const std::int64_t half = p.head_dim / 2, angles = row % p.length * half;
  for (std::int64_t pair = first; pair < p.dim / 2; pair += norm_threads) {
    const float c = p.cos[angles + pair % half], s = p.sin[angles + pair % half];
    const float a = as_float(x[2 * pair]) * rstd * p.weight[2 * pair],
                b = as_float(x[2 * pair + 1]) * rstd * p.weight[2 * pair + 1];
    set(out[2 * pair], a * c - b * s);
    set(out[2 * pair + 1], a * s + b * c);
  }
}

}  // namespace turbodiff::kernels
