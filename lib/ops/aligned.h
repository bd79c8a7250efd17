// Operands aligned so that libraries compute with all of them alike.
#pragma once

#include <ATen/core/Tensor.h>

namespace turbodiff::ops {

/// `x`, or a copy where it is on the CPU and not aligned to 64 bytes, as weights in a mapped file may be.
/// Libraries also choose their kernels by the address, and each kernel sums in its own order: the same values
/// must give the same bits at any address.
at::Tensor aligned(const at::Tensor& x);

}  // namespace turbodiff::ops
