#include "norm_mod_quant/norm_mod_quant.h"

#include "common/launch.h"
#include "norm_mod_quant/norm_mod_quant_body.cuh"

namespace turbodiff::kernels {

namespace {
__global__ void __launch_bounds__(norm_mod_quant_threads) norm_mod_quant_kernel(NormModQuantParams p) {
  extern __shared__ __align__(128) unsigned char shared[];
  norm_mod_quant_body(p, shared);
}
}  // namespace

void norm_mod_quant(const NormModQuantParams& p, cudaStream_t stream) {
  if (p.rows < 1 || p.dim < 1 || p.rows_per_group < 1)
    throw std::runtime_error("norm_mod_quant: sizes must be at least 1");
  launch("norm_mod_quant", norm_mod_quant_kernel,
         {norm_mod_quant_blocks(p), norm_mod_quant_threads, norm_mod_quant_shared_bytes, stream}, p);
}

}  // namespace turbodiff::kernels
