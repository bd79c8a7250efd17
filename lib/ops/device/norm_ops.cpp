#include "ops/device/norm_ops.h"

#include "ops/device/kernels_for.h"
#include "ops/device/operands.h"

namespace turbodiff::ops::device {

const KernelSet* norm_kernels(const at::Tensor& x) {
  const at::ScalarType type = x.scalar_type();
  const bool known = type == at::kFloat || type == at::kBFloat16 || type == at::kHalf;
  return known && x.is_contiguous() && x.numel() > 0 ? kernels_for(x, Group::norms) : nullptr;
}

const KernelSet* channel_norm_kernels(const at::Tensor& x) {
  const bool fit = x.scalar_type() != at::kHalf && x.size(-1) <= kernels::channel_norm_most_channels;
  return fit ? norm_kernels(x) : nullptr;
}

at::Tensor layer_norm(const KernelSet& kernels, const at::Tensor& x, const at::Tensor& mul,
                      const at::Tensor& add, std::int64_t rows_per_group, double eps,
                      at::ScalarType out_type) {
  const at::Tensor from = operand(x, at::kFloat), factors = operand(mul, at::kFloat),
                   terms = operand(add, at::kFloat);
  at::Tensor out = empty(x.sizes(), x, out_type);
  kernels.layer_norm({floats(from), out.mutable_data_ptr(), storage_of(out_type), x.numel() / x.size(-1),
                      x.size(-1), static_cast<float>(eps), floats(factors), floats(terms), rows_per_group});
  return out;
}

at::Tensor rms_norm(const KernelSet& kernels, const at::Tensor& x, const at::Tensor& weight, double eps,
                    at::ScalarType out_type, const at::Tensor& cos, const at::Tensor& sin) {
  const at::Tensor from = operand(x, x.scalar_type()), factors = operand(weight, at::kFloat),
                   cosines = optional_operand(cos, at::kFloat), sines = optional_operand(sin, at::kFloat);
  at::Tensor out = empty(x.sizes(), x, out_type);
  const bool rotate = cos.defined();
  kernels.rms_norm({from.const_data_ptr(), out.mutable_data_ptr(), storage_of(x.scalar_type()),
                    storage_of(out_type), x.numel() / x.size(-1), x.size(-1), static_cast<float>(eps),
                    floats(factors), floats(cosines), floats(sines), rotate ? cos.size(0) : 1,
                    rotate ? 2 * cos.size(1) : x.size(-1)});
  return out;
}

at::Tensor channel_norm(const KernelSet& kernels, const at::Tensor& x, const at::Tensor& gamma, bool silu) {
  const at::Tensor from = operand(x, x.scalar_type()), weights = operand(gamma, at::kFloat);
  at::Tensor out = empty(x.sizes(), x, x.scalar_type());
  kernels.channel_norm({from.const_data_ptr(), out.mutable_data_ptr(), storage_of(x.scalar_type()),
                        x.numel() / x.size(-1), x.size(-1), floats(weights), silu});
  return out;
}

}  // namespace turbodiff::ops::device
