// Layer norm of a run of rows whose factors change from group to group. Internal to lib/ops.
#pragma once

#include <algorithm>

#include "ops/rows.h"

namespace turbodiff::ops {

/// Rows [first, first + count) of x [..., D] fp32 to `out`, which gets them one after another in `type`. mul,
/// add [groups, D]; group g is that of rows [g, g + 1) * rows_per_group.
inline void layer_norm_rows(const at::Tensor& x, const at::Tensor& mul, const at::Tensor& add,
                            std::int64_t rows_per_group, double eps, at::ScalarType type, std::int64_t first,
                            std::int64_t count, char* out) {
  const std::int64_t dim = x.size(-1);
  const auto element = static_cast<std::int64_t>(c10::elementSize(type));
  while (count > 0) {
    const std::int64_t group = first / rows_per_group;
    const std::int64_t here = std::min(count, (group + 1) * rows_per_group - first);
    cpu::row_kernels().layer_norm(reinterpret_cast<const float*>(row_pointer(x, first)), out,
                                  storage_of(type), here, dim, static_cast<float>(eps),
                                  mul.const_data_ptr<float>() + group * dim,
                                  add.const_data_ptr<float>() + group * dim);
    first += here;
    count -= here;
    out += here * dim * element;
  }
}

/// Whether layer_norm_rows() supports x and `type`.
inline bool has_layer_norm_rows(const at::Tensor& x, at::ScalarType type) {
  return x.scalar_type() == at::kFloat && has_row_kernel(x) && (type == at::kFloat || type == at::kBFloat16);
}

}  // namespace turbodiff::ops
