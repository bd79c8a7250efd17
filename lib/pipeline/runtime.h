// The device, element type and number of threads of the networks.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "spec/generation_request.h"

namespace turbodiff::pipeline {

struct Runtime {
  at::Device device = at::kCPU;
  at::ScalarType type = at::kFloat;  ///< of the diffusion transformer and the VAE
  /// Of the text encoder; fp32 where `type` is fp16, because umT5 exceeds the range of fp16.
  at::ScalarType text_type = at::kFloat;
  int threads = 1;

  std::string device_name() const;  ///< "cpu", "cuda:0"
  std::string type_name() const;    ///< "bf16", "fp16", "fp32"
};

/// Resolves what the request leaves open. Device: a CUDA device where this build and machine have one, else
/// the CPU. Type: bf16 on CUDA and on CPUs that multiply bf16 in hardware, else fp32. Threads:
/// OMP_NUM_THREADS, or without it as many as allowed, but no more than one network evaluation (`flops`) keeps
/// busy; results do not depend on it. Error bad_request when the request names a device that this build or
/// machine does not have.
Runtime resolve_runtime(const spec::GenerationRequest& request, double flops);

/// True when this build links LibTorch's CUDA half and a device answers.
bool cuda_available();

/// Sets torch's thread count and, for the CPU, an allocator that keeps a sixteenth of the memory for reuse;
/// checks library versions with known faults (cuDNN below 9.15 on CUDA).
void apply(const Runtime& runtime);

}  // namespace turbodiff::pipeline
