// SLA and SageSLA by the kernels of kernels/: from queries, keys and values to the output with its linear
// branch. All tensors are on the kernels' device. Internal to lib/ops.
#pragma once

#include "ops/device/kernel_set.h"
#include "ops/sla.h"

namespace turbodiff::ops::device {

/// True where the kernels take v [B, L, H, D] with these options: bf16, D = 128, the softmax feature map,
/// blocks of 128 x 64 or, with int8 scores, of 64 x 128, and no more blocks of keys than their lists hold.
bool takes_sla(const at::Tensor& v, const SlaOptions& options);

/// How SageSLA's values enter the product with probabilities; e4m3 only where KernelSet::has_e4m3().
enum class ValueType : std::uint8_t { fp16, e4m3 };

/// sla_attention(); error as the kernels'.
at::Tensor sla(const KernelSet& kernels, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
               const SlaProjection& projection, const SlaOptions& options,
               ValueType values = ValueType::fp16);
/// normed_sla_attention().
at::Tensor normed_sla(const KernelSet& kernels, at::Tensor q, at::Tensor k, const at::Tensor& v,
                      const QkNorm& norm, const SlaProjection& projection, const SlaOptions& options,
                      ValueType values = ValueType::fp16);

}  // namespace turbodiff::ops::device
