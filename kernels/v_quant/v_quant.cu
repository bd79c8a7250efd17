#include "v_quant/v_quant.h"

#include "common/launch.h"
#include "v_quant/v_quant_body.cuh"

namespace turbodiff::kernels {

namespace {
__global__ void __launch_bounds__(v_quant_threads) v_largest_kernel(VQuantParams p) {
  v_largest_body(p);
}
__global__ void __launch_bounds__(v_quant_threads) v_quant_kernel(VQuantParams p) {
  extern __shared__ __align__(128) unsigned char shared[];
  v_quant_body(p, shared);
}
}  // namespace

void v_quant(const VQuantParams& p, cudaStream_t stream) {
  if (p.batch < 1 || p.length < 1 || p.heads < 1 || p.share_rows < 1)
    throw std::runtime_error("v_quant: sizes must be at least 1");
  const std::int64_t heads = p.batch * p.heads;
  launch("v_largest", v_largest_kernel, {heads * v_quant_shares(p), v_quant_threads, 0, stream}, p);
  launch("v_quant", v_quant_kernel,
         {heads * v_quant_blocks(p), v_quant_threads, v_quant_shared_bytes, stream}, p);
}

}  // namespace turbodiff::kernels
