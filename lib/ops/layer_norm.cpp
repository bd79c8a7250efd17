#include "ops/layer_norm.h"

#include "ops/device/norm_ops.h"
#include "ops/layer_norm_rows.h"

namespace turbodiff::ops {

namespace reference {

namespace {
at::Tensor normalised(const at::Tensor& x, double eps) {
  const at::Tensor centred = x - x.mean({-1}, true);
  return centred * at::rsqrt(centred.square().mean({-1}, true) + eps);
}
}  // namespace

at::Tensor layer_norm_modulate(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift,
                               double eps, at::ScalarType out_type) {
  return (normalised(x, eps) * (scale + 1) + shift).to(out_type);
}

at::Tensor layer_norm_affine(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                             double eps, at::ScalarType out_type) {
  return (normalised(x, eps) * weight + bias).to(out_type);
}

}  // namespace reference

namespace {

const device::KernelSet* kernels_of(const at::Tensor& x) {
  return x.scalar_type() == at::kFloat ? device::norm_kernels(x) : nullptr;
}

/// mul, add: [groups, D]; group g covers rows [g, g+1) * rows_per_group.
at::Tensor run(const at::Tensor& x, const at::Tensor& mul, const at::Tensor& add, std::int64_t rows_per_group,
               double eps, at::ScalarType out_type) {
  at::Tensor out = at::empty(x.sizes(), x.options().dtype(out_type));
  const std::int64_t dim = x.size(-1);
  for_rows(x.numel() / dim, dim, [&](std::int64_t first, std::int64_t count) {
    layer_norm_rows(x, mul, add, rows_per_group, eps, out_type, first, count, row_pointer(out, first));
  });
  return out;
}

}  // namespace

at::Tensor layer_norm_modulate(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift,
                               double eps, at::ScalarType out_type) {
  const std::int64_t rows_per_group = x.size(1) / scale.size(1);
  if (const device::KernelSet* kernels = kernels_of(x))
    return device::layer_norm(*kernels, x, scale + 1, shift, rows_per_group, eps, out_type);
  if (!has_layer_norm_rows(x, out_type))
    return reference::layer_norm_modulate(x, scale, shift, eps, out_type);
  return run(x, (scale + 1).contiguous(), shift.contiguous(), rows_per_group, eps, out_type);
}

at::Tensor layer_norm_affine(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                             double eps, at::ScalarType out_type) {
  if (const device::KernelSet* kernels = kernels_of(x))
    return device::layer_norm(*kernels, x, weight, bias, x.numel() / x.size(-1), eps, out_type);
  if (!has_layer_norm_rows(x, out_type)) return reference::layer_norm_affine(x, weight, bias, eps, out_type);
  return run(x, weight, bias, x.numel() / x.size(-1), eps, out_type);
}

}  // namespace turbodiff::ops
