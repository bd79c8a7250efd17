// Which tensors go to the kernels of kernels/. A group of a GPU's kernels is compared with LibTorch's
// operators when its first tensor comes (self_check.h), and not used where it disagrees. Internal to lib/ops.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "ops/device/kernel_set.h"

namespace turbodiff::ops::device {

/// e4m3_values: SageSLA's product with values in e4m3, used where it measures faster than in fp16.
enum class Group : std::uint8_t { norms, int8_layers, sla, e4m3_values };
constexpr std::size_t group_count = 4;

/// Kernels of `group` for tensors on x's device; null: LibTorch's operators are to be used.
const KernelSet* kernels_for(const at::Tensor& x, Group group);

/// While it lives, `kernels` take all CPU tensors they can: whole operators and networks on the emulator.
class StandIn {
 public:
  explicit StandIn(const KernelSet& kernels);
  ~StandIn();
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;
};

/// The kernels on CUDA device `index`; null where a build has none (no_cuda.cpp).
std::unique_ptr<KernelSet> make_cuda_kernels(c10::DeviceIndex index);

}  // namespace turbodiff::ops::device
