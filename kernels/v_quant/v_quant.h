// Launches the passes of params.h. Asynchronous on `stream`. Errors: std::runtime_error.
#pragma once

#include <cuda_runtime_api.h>

#include "v_quant/params.h"

namespace turbodiff::kernels {

void v_quant(const VQuantParams& params, cudaStream_t stream);

}  // namespace turbodiff::kernels
