// Norms by the kernels of kernels/: tensors in, kernel parameters out. All tensors are on the kernels'
// device. Internal to lib/ops.
#pragma once

#include <ATen/core/Tensor.h>

#include "ops/device/kernel_set.h"

namespace turbodiff::ops::device {

/// The kernels where they support x: contiguous fp32, bf16 or fp16, not empty; else null.
const KernelSet* norm_kernels(const at::Tensor& x);
/// The same for channel_norm(): not fp16, at most 1024 channels.
const KernelSet* channel_norm_kernels(const at::Tensor& x);

/// Layer norm of x [..., D] fp32 times mul plus add, [groups, D] fp32, each for `rows_per_group` rows.
at::Tensor layer_norm(const KernelSet& kernels, const at::Tensor& x, const at::Tensor& mul,
                      const at::Tensor& add, std::int64_t rows_per_group, double eps,
                      at::ScalarType out_type);
/// rms_norm(), and where `cos` and `sin` are defined rms_norm_rope().
at::Tensor rms_norm(const KernelSet& kernels, const at::Tensor& x, const at::Tensor& weight, double eps,
                    at::ScalarType out_type, const at::Tensor& cos, const at::Tensor& sin);
/// channel_norm() over the last dimension.
at::Tensor channel_norm(const KernelSet& kernels, const at::Tensor& x, const at::Tensor& gamma, bool silu);

}  // namespace turbodiff::ops::device
