#include "ops/residual.h"

#include "ops/rows.h"

namespace turbodiff::ops {

namespace reference {
void add_gated_(at::Tensor& x, const at::Tensor& y, const at::Tensor& gate) {
  x.add_(y.to(at::kFloat) * gate);
}
}  // namespace reference

namespace {
bool fast(const at::Tensor& x, const at::Tensor& y) {
  return x.scalar_type() == at::kFloat && has_row_kernel(x) && has_row_kernel(y);
}
}  // namespace

void add_gated_(at::Tensor& x, const at::Tensor& y, const at::Tensor& gate) {
  if (!fast(x, y)) return reference::add_gated_(x, y, gate);
  const at::Tensor gates = gate.contiguous();
  const std::int64_t dim = x.size(-1), rows_per_group = x.size(1) / gate.size(1);
  for_rows(x.numel() / dim, dim, [&](std::int64_t first, std::int64_t count) {
    while (count > 0) {
      const std::int64_t group = first / rows_per_group;
      const std::int64_t here = std::min(count, (group + 1) * rows_per_group - first);
      cpu::row_kernels().add_gated(reinterpret_cast<float*>(row_pointer(x, first)), row_pointer(y, first),
                                   storage_of(y.scalar_type()), here, dim,
                                   gates.const_data_ptr<float>() + group * dim);
      first += here;
      count -= here;
    }
  });
}

void add_(at::Tensor& x, const at::Tensor& y) {
  if (!fast(x, y)) {
    x.add_(y);
    return;
  }
  const std::int64_t dim = x.size(-1);
  for_rows(x.numel() / dim, dim, [&](std::int64_t first, std::int64_t count) {
    cpu::row_kernels().add_gated(reinterpret_cast<float*>(row_pointer(x, first)), row_pointer(y, first),
                                 storage_of(y.scalar_type()), count, dim, nullptr);
  });
}

}  // namespace turbodiff::ops
