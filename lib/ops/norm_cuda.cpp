#include "ops/norm_cuda.h"

#include <ATen/ATen.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "core/error.h"
#include "norm/norm.h"

namespace turbodiff::ops::cuda {

namespace {
kernels::Storage storage_of(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return kernels::Storage::f32;
    case at::kBFloat16:
      return kernels::Storage::bf16;
    case at::kHalf:
      return kernels::Storage::f16;
    default:
      throw Error::work_failed("the norm kernels take fp32, bf16 and fp16");
  }
}
}  // namespace

bool built() {
  return true;
}

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& mul, const at::Tensor& add,
                      std::int64_t rows_per_group, double eps, at::ScalarType out_type) {
  const c10::cuda::CUDAGuard guard(x.device());
  at::Tensor out = at::empty(x.sizes(), x.options().dtype(out_type));
  const std::int64_t dim = x.size(-1);
  kernels::layer_norm(
      {x.const_data_ptr<float>(), out.mutable_data_ptr(), storage_of(out_type), x.numel() / dim, dim,
       static_cast<float>(eps), mul.const_data_ptr<float>(), add.const_data_ptr<float>(), rows_per_group},
      c10::cuda::getCurrentCUDAStream());
  return out;
}

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::ScalarType out_type,
                    const at::Tensor& cos, const at::Tensor& sin) {
  const c10::cuda::CUDAGuard guard(x.device());
  at::Tensor out = at::empty(x.sizes(), x.options().dtype(out_type));
  const std::int64_t dim = x.size(-1);
  const bool rotate = cos.defined();
  kernels::rms_norm(
      {x.const_data_ptr(), out.mutable_data_ptr(), storage_of(x.scalar_type()), storage_of(out_type),
       x.numel() / dim, dim, static_cast<float>(eps), weight.const_data_ptr<float>(),
       rotate ? cos.const_data_ptr<float>() : nullptr, rotate ? sin.const_data_ptr<float>() : nullptr,
       rotate ? cos.size(0) : 1, rotate ? 2 * cos.size(1) : dim},
      c10::cuda::getCurrentCUDAStream());
  return out;
}

}  // namespace turbodiff::ops::cuda
