#include "qk_norm_rope/qk_norm_rope.h"

#include "common/launch.h"
#include "qk_norm_rope/qk_norm_rope_body.cuh"

namespace turbodiff::kernels {

namespace {
template <int BlockRows>
__global__ void __launch_bounds__(qk_norm_rope_threads) qk_norm_rope_kernel(QkNormRopeParams p) {
  extern __shared__ __align__(128) unsigned char shared[];
  qk_norm_rope_body<BlockRows>(p, shared);
}
}  // namespace

void qk_norm_rope(const QkNormRopeParams& p, cudaStream_t stream) {
  if (p.batch < 1 || p.length < 1 || p.heads < 1)
    throw std::runtime_error("qk_norm_rope: sizes must be at least 1");
  require_aligned("qk_norm_rope", p.x), require_aligned("qk_norm_rope", p.out);
  const LaunchShape shape{qk_norm_rope_blocks(p), qk_norm_rope_threads, qk_norm_rope_shared_bytes, stream};
  if (p.block_rows == 128) return launch("qk_norm_rope", qk_norm_rope_kernel<128>, shape, p);
  if (p.block_rows == 64) return launch("qk_norm_rope", qk_norm_rope_kernel<64>, shape, p);
  throw std::runtime_error("qk_norm_rope: blocks have 64 or 128 rows");
}

}  // namespace turbodiff::kernels
