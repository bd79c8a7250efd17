// Selects the kernels of kernels/ for tensors. A group of a GPU's kernels is compared with LibTorch's
// operators when its first tensor arrives (self_check.h), and not used where it disagrees. Internal to
// lib/ops.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "ops/device/kernel_set.h"

namespace turbodiff::ops::device {

/// e4m3_values: SageSLA's product with values in e4m3, used where it measures faster than in fp16.
enum class Group : std::uint8_t { norms, int8_layers, sla, e4m3_values };
constexpr std::size_t group_count = 4;

/// The kernels of `group` for tensors on x's device; null: LibTorch's operators are to be used.
const KernelSet* kernels_for(const at::Tensor& x, Group group);

/// During its lifetime `kernels` are used for all CPU tensors that they support: runs operators and networks
/// on the emulator.
class ScopedKernels {
 public:
  explicit ScopedKernels(const KernelSet& kernels);
  ~ScopedKernels();
  ScopedKernels(const ScopedKernels&) = delete;
  ScopedKernels& operator=(const ScopedKernels&) = delete;
};

/// The kernels on CUDA device `index`; null where the build has none (no_cuda.cpp).
std::unique_ptr<KernelSet> make_cuda_kernels(c10::DeviceIndex index);

}  // namespace turbodiff::ops::device
