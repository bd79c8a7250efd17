// Launches the kernels of params.h. Asynchronous on `stream`. Errors: std::runtime_error.
#pragma once

#include <cuda_runtime_api.h>

#include "norm/params.h"

namespace turbodiff::kernels {

void layer_norm(const LayerNormParams& params, cudaStream_t stream);
void rms_norm(const RmsNormParams& params, cudaStream_t stream);

}  // namespace turbodiff::kernels
