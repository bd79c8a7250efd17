// The linear branch of sparse-linear attention, folded into one matrix a head. Internal to lib/ops.
//   phi(q) (phi(k)^T v) / (1e-5 + phi(q) sum phi(k)) W^T + b  =  phi(q) / (...) (phi(k)^T v W^T) + b
#pragma once

#include <ATen/core/Tensor.h>

#include "ops/cpu/packed_keys.h"

namespace turbodiff::ops::cpu {

class LinearBranch {
 public:
  /// k as `keys` were packed from; weight [D, D] and bias [D] fp32.
  LinearBranch(const at::Tensor& k, const PackedKeys& keys, const at::Tensor& weight, const at::Tensor& bias);

  /// sum of phi(k) over all keys, [D].
  const float* sums(std::int64_t head) const { return sums_.const_data_ptr<float>() + head * d_; }
  /// phi(k)^T v W^T, [D / 2, D, 2] bf16.
  const c10::BFloat16* matrix(std::int64_t head) const {
    return matrices_.const_data_ptr<c10::BFloat16>() + head * d_ * d_;
  }
  const float* bias() const { return bias_.const_data_ptr<float>(); }

 private:
  std::int64_t d_;
  at::Tensor sums_, matrices_, bias_;
};

}  // namespace turbodiff::ops::cpu
