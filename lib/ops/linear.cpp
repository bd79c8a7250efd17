#include "ops/linear.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>

#include "ops/one_thread.h"

namespace turbodiff::ops {

namespace {

bool better_alone(const at::Tensor& x, const at::Tensor& weight) {
  constexpr std::int64_t little_work = 1 << 22;
  const std::int64_t rows = x.numel() / std::max<std::int64_t>(1, x.size(-1));
  return rows < few_rows || rows * weight.numel() < little_work;
}

}  // namespace

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  std::optional<OneThread> alone;
  if (x.is_cpu() && better_alone(x, weight)) alone.emplace();
  return bias.defined() ? at::linear(x, weight, bias) : at::linear(x, weight);
}

namespace reference {
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  at::Tensor y = at::matmul(x.to(at::kDouble), weight.to(at::kDouble).t());
  if (bias.defined()) y = y + bias.to(at::kDouble);
  return y.to(x.scalar_type());
}
}  // namespace reference

}  // namespace turbodiff::ops
