#include "ops/rms_norm.h"

#include "ops/device/norm_ops.h"
#include "ops/rows.h"

namespace turbodiff::ops {

namespace reference {

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::ScalarType out_type) {
  const at::Tensor wide = x.to(at::kFloat);
  return (wide * at::rsqrt(wide.square().mean({-1}, true) + eps) * weight).to(out_type);
}

at::Tensor rms_norm_rope(const at::Tensor& x, const at::Tensor& weight, double eps, const at::Tensor& cos,
                         const at::Tensor& sin) {
  const std::int64_t half = cos.size(1);
  const at::Tensor pairs =
      rms_norm(x, weight, eps, at::kFloat).view({x.size(0), x.size(1), x.size(2) / (2 * half), half, 2});
  const at::Tensor re = pairs.select(-1, 0), im = pairs.select(-1, 1);
  const at::Tensor c = cos.unsqueeze(1), s = sin.unsqueeze(1);
  return at::stack({re * c - im * s, re * s + im * c}, -1).view(x.sizes()).to(x.scalar_type());
}

}  // namespace reference

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::ScalarType out_type) {
  if (const device::KernelSet* kernels = device::norm_kernels(x))
    return device::rms_norm(*kernels, x, weight, eps, out_type, {}, {});
  if (!has_row_kernel(x) || (out_type != at::kFloat && out_type != at::kBFloat16))
    return reference::rms_norm(x, weight, eps, out_type);
  at::Tensor out = at::empty(x.sizes(), x.options().dtype(out_type));
  const std::int64_t dim = x.size(-1);
  for_rows(x.numel() / dim, dim, [&](std::int64_t first, std::int64_t count) {
    cpu::row_kernels().rms_norm(row_pointer(x, first), storage_of(x.scalar_type()), row_pointer(out, first),
                                storage_of(out_type), count, dim, static_cast<float>(eps),
                                weight.const_data_ptr<float>());
  });
  return out;
}

at::Tensor rms_norm_rope(const at::Tensor& x, const at::Tensor& weight, double eps, const at::Tensor& cos,
                         const at::Tensor& sin) {
  if (const device::KernelSet* kernels = device::norm_kernels(x))
    return device::rms_norm(*kernels, x, weight, eps, x.scalar_type(), cos, sin);
  if (!has_row_kernel(x)) return reference::rms_norm_rope(x, weight, eps, cos, sin);
  at::Tensor out = at::empty_like(x);
  const std::int64_t dim = x.size(-1), length = x.size(1), half = cos.size(1);
  for_rows(x.numel() / dim, dim, [&](std::int64_t first, std::int64_t count) {
    while (count > 0) {
      const std::int64_t position = first % length;
      const std::int64_t here = std::min(count, length - position);
      cpu::row_kernels().rms_norm_rope(
          row_pointer(x, first), row_pointer(out, first), storage_of(x.scalar_type()), here, dim, 2 * half,
          static_cast<float>(eps), weight.const_data_ptr<float>(),
          cos.const_data_ptr<float>() + position * half, sin.const_data_ptr<float>() + position * half);
      first += here;
      count -= here;
    }
  });
  return out;
}

}  // namespace turbodiff::ops
