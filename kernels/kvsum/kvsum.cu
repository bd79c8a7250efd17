#include "kvsum/kvsum.h"

#include "common/launch.h"
#include "kvsum/kvsum_body.cuh"

namespace turbodiff::kernels {

namespace {
__global__ void __launch_bounds__(kvsum_threads) kvsum_part_kernel(KvsumParams p) {
  extern __shared__ __align__(128) unsigned char shared[];
  kvsum_part_body(p, shared);
}
__global__ void __launch_bounds__(kvsum_threads) kvsum_reduce_kernel(KvsumParams p) {
  extern __shared__ __align__(128) unsigned char shared[];
  kvsum_reduce_body(p, shared);
}
}  // namespace

void kvsum(const KvsumParams& p, cudaStream_t stream) {
  if (p.batch < 1 || p.length < 1 || p.heads < 1 || p.share_rows < 1)
    throw std::runtime_error("kvsum: sizes must be at least 1");
  launch("kvsum_part", kvsum_part_kernel,
         {p.batch * p.heads * kvsum_shares(p), kvsum_threads, kvsum_shared_bytes, stream}, p);
  launch("kvsum_reduce", kvsum_reduce_kernel, {p.batch * p.heads, kvsum_threads, kvsum_shared_bytes, stream},
         p);
}

}  // namespace turbodiff::kernels
