// Launches the passes of params.h, in this order. Asynchronous on `stream`. Errors: std::runtime_error.
#pragma once

#include <cuda_runtime_api.h>

#include "kvsum/params.h"

namespace turbodiff::kernels {

void kvsum(const KvsumParams& params, cudaStream_t stream);

}  // namespace turbodiff::kernels
