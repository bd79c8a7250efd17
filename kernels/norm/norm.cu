#include "norm/norm.h"

#include "common/launch.h"
#include "norm/norm_body.cuh"

namespace turbodiff::kernels {

namespace {
template <typename Out>
__global__ void __launch_bounds__(norm_threads) layer_norm_kernel(LayerNormParams p) {
  extern __shared__ __align__(128) unsigned char shared[];
  layer_norm_body<Out>(p, shared);
}
template <typename In, typename Out>
__global__ void __launch_bounds__(norm_threads) rms_norm_kernel(RmsNormParams p) {
  extern __shared__ __align__(128) unsigned char shared[];
  rms_norm_body<In, Out>(p, shared);
}
}  // namespace

void layer_norm(const LayerNormParams& p, cudaStream_t stream) {
  if (p.rows < 1 || p.dim < 1 || p.rows_per_group < 1)
    throw std::runtime_error("layer_norm: sizes must be at least 1");
  const LaunchShape shape{p.rows, norm_threads, norm_shared_bytes, stream};
  with_element(p.out_type,
               [&](auto out) { launch("layer_norm", layer_norm_kernel<decltype(out)>, shape, p); });
}

void rms_norm(const RmsNormParams& p, cudaStream_t stream) {
  if (p.rows < 1 || p.dim < 1 || p.length < 1 || (p.cos != nullptr && p.head_dim % 2 != 0))
    throw std::runtime_error("rms_norm: sizes must be at least 1, heads even");
  const LaunchShape shape{p.rows, norm_threads, norm_shared_bytes, stream};
  with_element(p.x_type, [&](auto in) {
    with_element(p.out_type, [&](auto out) {
      launch("rms_norm", rms_norm_kernel<decltype(in), decltype(out)>, shape, p);
    });
  });
}

}  // namespace turbodiff::kernels
