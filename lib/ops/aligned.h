// Operands where every library computes with them alike.
#pragma once

#include <ATen/core/Tensor.h>

namespace turbodiff::ops {

/// `x`, or a copy where it lies on the CPU and does not begin at a multiple of 64 bytes, as weights in a
/// mapped file may. Libraries choose their kernels by the address too, and each adds up in an order of its
/// own: the same values must give the same bits wherever they lie.
at::Tensor aligned(const at::Tensor& x);

}  // namespace turbodiff::ops
