// Stands in for device/kernel_set_cuda.cpp where a build has no CUDA, so that callers need no #ifdef.
#include "ops/device/kernels_for.h"

namespace turbodiff::ops::device {

std::unique_ptr<KernelSet> make_cuda_kernels(c10::DeviceIndex) {
  return nullptr;
}

}  // namespace turbodiff::ops::device
