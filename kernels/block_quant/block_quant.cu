#include "block_quant/block_quant.h"

#include "block_quant/block_quant_body.cuh"
#include "common/launch.h"

namespace turbodiff::kernels {

namespace {
template <typename Element>
__global__ void __launch_bounds__(block_quant_threads) block_quant_kernel(BlockQuantParams p) {
  extern __shared__ __align__(128) unsigned char shared[];
  block_quant_body<Element>(p, shared);
}
}  // namespace

void block_quant(const BlockQuantParams& p, cudaStream_t stream) {
  if (p.rows < 1 || p.dim < 1) throw std::runtime_error("block_quant: sizes must be at least 1");
  if (p.dim % 4 == 0) require_aligned("block_quant", p.x), require_aligned("block_quant", p.out);
  const LaunchShape shape{block_quant_blocks(p), block_quant_threads, block_quant_shared_bytes, stream};
  if (p.type == Storage::f32) return launch("block_quant", block_quant_kernel<float>, shape, p);
  if (p.type == Storage::bf16) return launch("block_quant", block_quant_kernel<std::uint16_t>, shape, p);
  throw std::runtime_error("block_quant: fp32 or bf16");
}

}  // namespace turbodiff::kernels
