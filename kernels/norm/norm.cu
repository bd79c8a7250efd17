#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <stdexcept>

#include "common/check.h"
#include "norm/norm.h"

namespace turbodiff::kernels {

namespace {

constexpr int threads = 256;
constexpr int warps = threads / 32;

__device__ float load(const float* p, std::int64_t i) {
  return p[i];
}
__device__ float load(const __nv_bfloat16* p, std::int64_t i) {
  return __bfloat162float(p[i]);
}
__device__ float load(const __half* p, std::int64_t i) {
  return __half2float(p[i]);
}
__device__ void store(float* p, std::int64_t i, float v) {
  p[i] = v;
}
__device__ void store(__nv_bfloat16* p, std::int64_t i, float v) {
  p[i] = __float2bfloat16_rn(v);
}
__device__ void store(__half* p, std::int64_t i, float v) {
  p[i] = __float2half_rn(v);
}

/// Sum over the block, the same in every thread.
__device__ float block_sum(float value) {
  __shared__ float partial[warps];
  for (int offset = 16; offset > 0; offset /= 2) value += __shfl_xor_sync(0xffffffffu, value, offset);
  __syncthreads();  // the last sum has been read
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = value;
  __syncthreads();
  float total = 0;
  for (int i = 0; i < warps; ++i) total += partial[i];
  return total;
}

template <typename Out>
__global__ void layer_norm_kernel(LayerNormParams p) {
  const std::int64_t row = blockIdx.x;
  const float* x = p.x + row * p.dim;
  Out* out = static_cast<Out*>(p.out) + row * p.dim;
  const float* mul = p.mul + row / p.rows_per_group * p.dim;
  const float* add = p.add + row / p.rows_per_group * p.dim;
  float sum = 0;
  for (std::int64_t i = threadIdx.x; i < p.dim; i += threads) sum += x[i];
  const float mean = block_sum(sum) / static_cast<float>(p.dim);
  float squares = 0;
  for (std::int64_t i = threadIdx.x; i < p.dim; i += threads) squares += (x[i] - mean) * (x[i] - mean);
  const float scale = rsqrtf(block_sum(squares) / static_cast<float>(p.dim) + p.eps);
  for (std::int64_t i = threadIdx.x; i < p.dim; i += threads)
    store(out, i, (x[i] - mean) * scale * mul[i] + add[i]);
}

template <typename In, typename Out>
__global__ void rms_norm_kernel(RmsNormParams p) {
  const std::int64_t row = blockIdx.x;
  const In* x = static_cast<const In*>(p.x) + row * p.dim;
  Out* out = static_cast<Out*>(p.out) + row * p.dim;
  float squares = 0;
  for (std::int64_t i = threadIdx.x; i < p.dim; i += threads) squares += load(x, i) * load(x, i);
  const float scale = rsqrtf(block_sum(squares) / static_cast<float>(p.dim) + p.eps);
  if (p.cos == nullptr) {
    for (std::int64_t i = threadIdx.x; i < p.dim; i += threads)
      store(out, i, load(x, i) * scale * p.weight[i]);
    return;
  }
  const std::int64_t half = p.head_dim / 2, position = row % p.length;
  for (std::int64_t pair = threadIdx.x; pair < p.dim / 2; pair += threads) {
    const float c = p.cos[position * half + pair % half], s = p.sin[position * half + pair % half];
    const float re = load(x, 2 * pair) * scale * p.weight[2 * pair];
    const float im = load(x, 2 * pair + 1) * scale * p.weight[2 * pair + 1];
    store(out, 2 * pair, re * c - im * s);
    store(out, 2 * pair + 1, re * s + im * c);
  }
}

/// Calls `body` with a null pointer of the storage's element type.
template <typename Body>
void with_type(Storage type, const Body& body) {
  switch (type) {
    case Storage::f32:
      return body(static_cast<float*>(nullptr));
    case Storage::bf16:
      return body(static_cast<__nv_bfloat16*>(nullptr));
    case Storage::f16:
      return body(static_cast<__half*>(nullptr));
  }
}

template <typename T>
struct Pointee;
template <typename T>
struct Pointee<T*> {
  using type = T;
};

}  // namespace

void layer_norm(const LayerNormParams& params, cudaStream_t stream) {
  if (params.rows == 0) return;
  with_type(params.out_type, [&](auto* out) {
    using Out = typename Pointee<decltype(out)>::type;
    layer_norm_kernel<Out><<<static_cast<unsigned>(params.rows), threads, 0, stream>>>(params);
  });
  check(cudaGetLastError(), "layer_norm");
}

void rms_norm(const RmsNormParams& params, cudaStream_t stream) {
  if (params.rows == 0) return;
  if (params.cos != nullptr && params.x_type != params.out_type)
    throw std::runtime_error("rms_norm: a rotation keeps the element type");
  with_type(params.x_type, [&](auto* in) {
    with_type(params.out_type, [&](auto* out) {
      using In = typename Pointee<decltype(in)>::type;
      using Out = typename Pointee<decltype(out)>::type;
      rms_norm_kernel<In, Out><<<static_cast<unsigned>(params.rows), threads, 0, stream>>>(params);
    });
  });
  check(cudaGetLastError(), "rms_norm");
}

}  // namespace turbodiff::kernels
