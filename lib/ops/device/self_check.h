// Compares kernels with LibTorch's operators before their first use: a GPU, driver or compiler that gets one
// wrong costs speed, not correctness. Internal to lib/ops.
#pragma once

#include <string>

#include "ops/device/kernels_for.h"

namespace turbodiff::ops::device {

/// Empty, or what is wrong with `group` in one line: values that differ from the operators' (computed on the
/// CPU) on ragged shapes, or an error of the device. Takes some tens of milliseconds.
std::string self_check(const KernelSet& kernels, c10::Device device, Group group);

}  // namespace turbodiff::ops::device
