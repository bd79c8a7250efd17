// Stands in for the *_cuda.cpp files where a build has no CUDA, so that callers need no #ifdef.
#include "core/error.h"
#include "ops/norm_cuda.h"

namespace turbodiff::ops::cuda {

namespace {
[[noreturn]] void missing() {
  throw Error::work_failed("this build has no CUDA kernels", "run 'make FLAVOUR=cuda'");
}
}  // namespace

bool built() {
  return false;
}
at::Tensor layer_norm(const at::Tensor&, const at::Tensor&, const at::Tensor&, std::int64_t, double,
                      at::ScalarType) {
  missing();
}
at::Tensor rms_norm(const at::Tensor&, const at::Tensor&, double, at::ScalarType, const at::Tensor&,
                    const at::Tensor&) {
  missing();
}

}  // namespace turbodiff::ops::cuda
