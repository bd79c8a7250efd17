// The norms on CUDA: tensors in, kernel parameters out. Internal to lib/ops.
#pragma once

#include <ATen/core/Tensor.h>

namespace turbodiff::ops::cuda {

/// True where a build links the kernels.
bool built();

/// As the functions of the same names in layer_norm.h and rms_norm.h; x contiguous on a CUDA device. `mul`
/// and `add` are [groups, D]. `cos` and `sin` may be undefined: no rotation. Error work_failed when not
/// built().
at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& mul, const at::Tensor& add,
                      std::int64_t rows_per_group, double eps, at::ScalarType out_type);
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::ScalarType out_type,
                    const at::Tensor& cos, const at::Tensor& sin);

}  // namespace turbodiff::ops::cuda
