#include "qk_quant/qk_quant.h"

#include "common/launch.h"
#include "qk_quant/qk_quant_body.cuh"

namespace turbodiff::kernels {

namespace {
__global__ void __launch_bounds__(qk_quant_threads) qk_pool_kernel(QkQuantParams p) {
  qk_pool_body(p);
}
__global__ void __launch_bounds__(qk_quant_threads) qk_total_kernel(QkQuantParams p) {
  qk_total_body(p);
}
__global__ void __launch_bounds__(qk_quant_threads) qk_quant_kernel(QkQuantParams p) {
  extern __shared__ __align__(128) unsigned char shared[];
  qk_quant_body(p, shared);
}
}  // namespace

namespace {
void check_sizes(const QkQuantParams& p) {
  if (p.batch < 1 || p.length < 1 || p.heads < 1)
    throw std::runtime_error("qk_quant: sizes must be at least 1");
  if (p.block_rows != 64 && p.block_rows != 128)
    throw std::runtime_error("qk_quant: blocks have 64 or 128 rows");
}
}  // namespace

void qk_quant(const QkQuantParams& p, cudaStream_t stream) {
  check_sizes(p);
  launch("qk_pool", qk_pool_kernel, {qk_quant_blocks(p), qk_quant_threads, 0, stream}, p);
  qk_quant_pooled(p, stream);
}

void qk_quant_pooled(const QkQuantParams& p, cudaStream_t stream) {
  check_sizes(p);
  launch("qk_total", qk_total_kernel, {p.batch * p.heads, qk_quant_threads, 0, stream}, p);
  launch("qk_quant", qk_quant_kernel, {qk_quant_blocks(p), qk_quant_threads, qk_quant_shared_bytes, stream},
         p);
}

}  // namespace turbodiff::kernels
