// Splits a contiguous tensor into rows for the row kernels. Internal to lib/ops.
#pragma once

#include <ATen/ATen.h>

#include "ops/cpu/row_kernels.h"
#include "ops/parallel.h"

namespace turbodiff::ops {

/// True where the fast CPU kernels apply: contiguous fp32 or bf16 in main memory.
inline bool has_row_kernel(const at::Tensor& x) {
  return x.is_cpu() && x.is_contiguous() &&
         (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

inline cpu::Storage storage_of(at::ScalarType type) {
  return type == at::kFloat ? cpu::Storage::f32 : cpu::Storage::bf16;
}

inline char* row_pointer(const at::Tensor& x, std::int64_t row) {
  return static_cast<char*>(x.data_ptr()) + row * x.size(-1) * static_cast<std::int64_t>(x.element_size());
}

/// Calls body(first, count) over [0, rows) on the pool's threads, in pieces worth starting a thread for.
template <typename Body>
void for_rows(std::int64_t rows, std::int64_t dim, const Body& body) {
  const std::int64_t grain = std::max<std::int64_t>(1, 65536 / std::max<std::int64_t>(1, dim));
  parallel_for(0, rows, grain, [&](std::int64_t first, std::int64_t last) { body(first, last - first); });
}

}  // namespace turbodiff::ops
