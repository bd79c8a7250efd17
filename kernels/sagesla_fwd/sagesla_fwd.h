// Launches the kernel of params.h. Asynchronous on `stream`. Errors: std::runtime_error, among them no key
// block kept and an operand not at a multiple of 16 bytes.
#pragma once

#include <cuda_runtime_api.h>

#include "sagesla_fwd/params.h"

namespace turbodiff::kernels {

void sagesla_fwd(const SageslaParams& params, SlaVariant variant, cudaStream_t stream);

}  // namespace turbodiff::kernels
