// int8 linear layers by the kernels of kernels/: tensors in, kernel parameters out. All tensors are on the
// kernels' device; results are those of lib/ops/int8/int8_linear.h for bf16. Internal to lib/ops.
#pragma once

#include "ops/device/kernel_set.h"
#include "ops/int8/int8_linear.h"

namespace turbodiff::ops::device {

/// x [rows, K] fp32 or bf16.
Int8Matrix block_quantise(const KernelSet& kernels, const at::Tensor& x);

/// bf16(layer norm of x, times mul, plus add), quantised: x [..., K] fp32; mul, add [groups, K] fp32, each
/// for `rows_per_group` rows.
Int8Matrix norm_quantise(const KernelSet& kernels, const at::Tensor& x, const at::Tensor& mul,
                         const at::Tensor& add, std::int64_t rows_per_group, double eps);

/// x [rows, K], weight [N, K], bias [N] or undefined -> bf16 [rows, N].
at::Tensor multiply(const KernelSet& kernels, const Int8Matrix& x, const Int8Matrix& weight,
                    const at::Tensor& bias);
/// gelu_tanh of that, quantised.
Int8Matrix multiply_gelu(const KernelSet& kernels, const Int8Matrix& x, const Int8Matrix& weight,
                         const at::Tensor& bias);
/// residual [B, L, N] fp32 += gate * that; gate [B, groups of rows, N], or undefined for 1.
void multiply_add_(const KernelSet& kernels, at::Tensor& residual, const Int8Matrix& x,
                   const Int8Matrix& weight, const at::Tensor& bias, const at::Tensor& gate);

}  // namespace turbodiff::ops::device
