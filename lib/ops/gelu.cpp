#include "ops/gelu.h"

#include "ops/rows.h"

namespace turbodiff::ops {

namespace {
constexpr std::int64_t grain = 32768;

char* element_pointer(const at::Tensor& x, std::int64_t i) {
  return static_cast<char*>(x.data_ptr()) + i * static_cast<std::int64_t>(x.element_size());
}

/// LibTorch's exponentials differ at the ends of what each thread is given: on the CPU what has no row kernel
/// goes through that of fp32.
bool in_fp32(const at::Tensor& x) {
  return x.is_cpu() && x.is_contiguous() && x.scalar_type() == at::kHalf;
}
}  // namespace

at::Tensor gelu_tanh_(at::Tensor x) {
  if (in_fp32(x)) return x.copy_(gelu_tanh_(x.to(at::kFloat)));
  if (!has_row_kernel(x)) return at::gelu_(x, "tanh");
  parallel_for(0, x.numel(), grain, [&](std::int64_t first, std::int64_t last) {
    cpu::row_kernels().gelu_tanh(element_pointer(x, first), element_pointer(x, first),
                                 storage_of(x.scalar_type()), last - first);
  });
  return x;
}

at::Tensor gelu_tanh_mul_(at::Tensor gate, const at::Tensor& up) {
  if (in_fp32(gate)) return gate.copy_(gelu_tanh_mul_(gate.to(at::kFloat), up.to(at::kFloat)));
  if (!has_row_kernel(gate) || !has_row_kernel(up) || gate.scalar_type() != up.scalar_type())
    return at::gelu_(gate, "tanh").mul_(up);
  parallel_for(0, gate.numel(), grain, [&](std::int64_t first, std::int64_t last) {
    cpu::row_kernels().gelu_tanh_mul(element_pointer(gate, first), element_pointer(up, first),
                                     element_pointer(gate, first), storage_of(gate.scalar_type()),
                                     last - first);
  });
  return gate;
}

}  // namespace turbodiff::ops
