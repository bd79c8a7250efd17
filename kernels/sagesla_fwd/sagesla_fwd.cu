#include "sagesla_fwd/sagesla_fwd.h"

#include <initializer_list>
#include <stdexcept>

#include "common/launch.h"
#include "sagesla_fwd/sagesla_fwd_body.cuh"

namespace turbodiff::kernels {

namespace {
template <SageslaTiling Tiling>
__global__ void __launch_bounds__(SageslaShape<Tiling>::threads) sagesla_fwd_kernel(SageslaParams p) {
  extern __shared__ __align__(128) unsigned char shared[];
  sagesla_fwd_body<Tiling>(p, shared);
}

template <SageslaTiling Tiling>
void run(const SageslaParams& p, cudaStream_t stream) {
  using Shape = SageslaShape<Tiling>;
  launch("sagesla_fwd", sagesla_fwd_kernel<Tiling>,
         {Shape::blocks(p), Shape::threads, Shape::shared_bytes, stream}, p);
}
}  // namespace

void sagesla_fwd(const SageslaParams& p, SageslaTiling tiling, cudaStream_t stream) {
  if (p.batch < 1 || p.length < 1 || p.heads < 1)
    throw std::runtime_error("sagesla_fwd: sizes must be at least 1");
  if (p.kept < 1) throw std::runtime_error("sagesla_fwd: no key block kept");
  for (const void* operand : std::initializer_list<const void*>{p.q8, p.k8, p.v, p.m, p.out})
    require_aligned("sagesla_fwd", operand);
  if (tiling == SageslaTiling::q128_k64) return run<SageslaTiling::q128_k64>(p, stream);
  run<SageslaTiling::q64_k128>(p, stream);
}

}  // namespace turbodiff::kernels
