// Launches the kernel of params.h. Asynchronous on `stream`. Errors: std::runtime_error.
#pragma once

#include <cuda_runtime_api.h>

#include "norm_mod_quant/params.h"

namespace turbodiff::kernels {

void norm_mod_quant(const NormModQuantParams& params, cudaStream_t stream);

}  // namespace turbodiff::kernels
