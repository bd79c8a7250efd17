// Whether int8 layers are faster on a device: on some processors and GPUs bf16 products are so fast that they
// are not.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace turbodiff::ops {

/// How many times as fast as a plain layer in `type` an int8 one is on this device, its input quantised on
/// the way: measured once for the process, in some milliseconds, up to 0.3 s on a CPU without int8
/// instructions. On the CPU for one core, so that it does not depend on the number of threads. Nothing on
/// CUDA where the kernels, which are for bf16, are not used (gpu_report.h).
std::optional<double> int8_speedup(c10::Device device, at::ScalarType type);

/// Layers that are no faster in int8 stay plain: they round less.
inline bool int8_pays(std::optional<double> speedup) {
  return speedup.value_or(0) >= 1;
}

}  // namespace turbodiff::ops
