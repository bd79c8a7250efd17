// int8 operands as plain matrices, which is how the kernels of kernels/ take them. Internal to lib/ops.
#pragma once

#include <utility>
#include <vector>

#include "ops/device/kernels_for.h"
#include "ops/int8/int8_linear.h"

namespace turbodiff::ops {

class Int8Plain {
 public:
  /// Kernels that quantise x for layers of bf16, or null.
  static const device::KernelSet* kernels_for(const at::Tensor& x) {
    return x.numel() > 0 ? device::kernels_for(x, device::Group::int8_layers) : nullptr;
  }
  /// Kernels that multiply `x`, or null: they round to bf16.
  static const device::KernelSet* kernels_for(const Int8Input& x) {
    return x.type_ == at::kBFloat16 && x.values_.dim() == 2 ? kernels_for(x.values_) : nullptr;
  }

  static Int8Matrix matrix(const Int8Input& x) { return {x.values_, x.scales_}; }
  static Int8Matrix matrix(const Int8Weight& weight) { return {weight.values_, weight.scales_}; }
  /// `matrix` [rows, K] as activations of `shape` [..., K].
  static Int8Input input(std::vector<std::int64_t> shape, at::ScalarType type, Int8Matrix matrix) {
    Int8Input input;
    input.shape_ = std::move(shape);
    input.type_ = type;
    input.values_ = std::move(matrix.values);
    input.scales_ = std::move(matrix.scales);
    return input;
  }
};

}  // namespace turbodiff::ops
