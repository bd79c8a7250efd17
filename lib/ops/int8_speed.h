// Whether int8 layers are worth it on a device: on some GPUs bf16 products are so fast that they are not.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace turbodiff::ops {

/// How many times as fast as bf16 an int8 layer is on this CUDA device, its input quantised on the way:
/// measured once, in some milliseconds. Nothing where the kernels are not used there (gpu_report.h).
std::optional<double> int8_speedup(c10::Device device);

/// False where layers that compute in `type` are better left plain: on CUDA where int8 is slower, or where
/// the kernels, which are for bf16, do not apply. On the CPU always true: int8 saves memory even where it
/// saves no time.
bool int8_pays(c10::Device device, at::ScalarType type);

}  // namespace turbodiff::ops
