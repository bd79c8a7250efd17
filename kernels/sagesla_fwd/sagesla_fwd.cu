#include "sagesla_fwd/sagesla_fwd.h"

#include <initializer_list>
#include <stdexcept>

#include "common/launch.h"
#include "sagesla_fwd/sagesla_fwd_body.cuh"

namespace turbodiff::kernels {

namespace {
template <SlaVariant Variant>
__global__ void __launch_bounds__(SageslaShape<Variant>::threads) sagesla_fwd_kernel(SageslaParams p) {
  extern __shared__ __align__(128) unsigned char shared[];
  sagesla_fwd_body<Variant>(p, shared);
}

template <SlaVariant Variant>
void run(const SageslaParams& p, cudaStream_t stream) {
  using Shape = SageslaShape<Variant>;
  launch("sagesla_fwd", sagesla_fwd_kernel<Variant>,
         {Shape::blocks(p), Shape::threads, Shape::shared_bytes, stream}, p);
}
}  // namespace

void sagesla_fwd(const SageslaParams& p, SlaVariant variant, cudaStream_t stream) {
  if (p.batch < 1 || p.length < 1 || p.heads < 1)
    throw std::runtime_error("sagesla_fwd: sizes must be at least 1");
  if (p.kept < 1) throw std::runtime_error("sagesla_fwd: no key block kept");
  const bool plain = variant == SlaVariant::plain_128x64, e4m3 = variant == SlaVariant::sage_e4m3_128x64;
  for (const void* operand : std::initializer_list<const void*>{
           plain ? static_cast<const void*>(p.q) : p.q8, plain ? static_cast<const void*>(p.k) : p.k8,
           e4m3 ? static_cast<const void*>(p.v8) : p.v, p.m, p.out})
    require_aligned("sagesla_fwd", operand);
  switch (variant) {
    case SlaVariant::sage_128x64:
      return run<SlaVariant::sage_128x64>(p, stream);
    case SlaVariant::sage_64x128:
      return run<SlaVariant::sage_64x128>(p, stream);
    case SlaVariant::sage_e4m3_128x64:
      return run<SlaVariant::sage_e4m3_128x64>(p, stream);
    case SlaVariant::plain_128x64:
      return run<SlaVariant::plain_128x64>(p, stream);
  }
}

}  // namespace turbodiff::kernels
