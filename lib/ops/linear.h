// Fully connected layer: y = x W^T + b.
#pragma once

#include <ATen/core/Tensor.h>

namespace turbodiff::ops {

/// x [..., K], weight [N, K], bias [N] or undefined, all of one type -> [..., N] in that type, accumulated in
/// fp32. The same bits for any number of threads: on the CPU in tiles that the shape alone decides.
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

namespace reference {
/// The same in fp64 throughout, rounded once at the end.
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);
}  // namespace reference

}  // namespace turbodiff::ops
