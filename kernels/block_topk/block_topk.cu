#include "block_topk/block_topk.h"

#include "block_topk/block_topk_body.cuh"
#include "common/launch.h"

namespace turbodiff::kernels {

namespace {
__global__ void __launch_bounds__(block_topk_threads) block_topk_kernel(BlockTopkParams p) {
  extern __shared__ __align__(128) unsigned char shared[];
  block_topk_body(p, shared);
}
}  // namespace

void block_topk(const BlockTopkParams& p, cudaStream_t stream) {
  if (p.lists < 1 || p.q_blocks < 1 || p.lists % p.q_blocks != 0 || p.dim < 1 || p.dim > 1024)
    throw std::runtime_error("block_topk: sizes do not fit");
  if (p.kept < 1 || p.kept > p.k_blocks) throw std::runtime_error("block_topk: keeps 1 to all blocks");
  if (p.k_blocks > block_topk_most_blocks) throw std::runtime_error("block_topk: too many key blocks");
  launch("block_topk", block_topk_kernel, {p.lists, block_topk_threads, block_topk_shared_bytes(p), stream},
         p);
}

}  // namespace turbodiff::kernels
