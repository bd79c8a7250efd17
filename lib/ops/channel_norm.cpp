#include "ops/channel_norm.h"

#include <cmath>
#include <optional>

#include "ops/device/norm_ops.h"
#include "ops/one_thread.h"
#include "ops/rows.h"

namespace turbodiff::ops {

namespace reference {
at::Tensor channel_norm(const at::Tensor& x, const at::Tensor& gamma, bool silu) {
  const at::Tensor wide = x.to(at::kFloat);
  std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
  shape[1] = x.size(1);
  const at::Tensor length = wide.square().sum({1}, true).sqrt().clamp_min(1e-12);
  at::Tensor y = wide / length * std::sqrt(static_cast<double>(x.size(1))) * gamma.view(shape);
  if (silu) y = at::silu(y);
  return y.to(x.scalar_type());
}
}  // namespace reference

at::Tensor channel_norm(const at::Tensor& x, const at::Tensor& gamma, bool silu) {
  const at::Tensor rows = x.movedim(1, -1);  // [..., C]
  if (const device::KernelSet* kernels = device::channel_norm_kernels(rows))
    return device::channel_norm(*kernels, rows, gamma, silu).movedim(-1, 1);
  // LibTorch's exponentials differ at the ends of what each thread is given; the row kernel's do not.
  if (x.is_cpu() && !has_row_kernel(rows) && rows.is_contiguous())
    return channel_norm(x.to(at::kFloat), gamma, silu).to(x.scalar_type());
  if (!has_row_kernel(rows)) {
    std::optional<OneThread> alone;
    if (x.is_cpu()) alone.emplace();
    return reference::channel_norm(x, gamma, silu);
  }
  at::Tensor out = at::empty_like(rows);
  const std::int64_t dim = rows.size(-1);
  for_rows(rows.numel() / dim, dim, [&](std::int64_t first, std::int64_t count) {
    cpu::row_kernels().channel_norm(row_pointer(rows, first), row_pointer(out, first),
                                    storage_of(x.scalar_type()), count, dim, gamma.const_data_ptr<float>(),
                                    silu);
  });
  return out.movedim(-1, 1);
}

}  // namespace turbodiff::ops
