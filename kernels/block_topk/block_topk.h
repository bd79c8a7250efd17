// Launches the kernel of params.h. Asynchronous on `stream`. Errors: std::runtime_error, among them more key
// blocks than fit and a count kept outside [1, k_blocks].
#pragma once

#include <cuda_runtime_api.h>

#include "block_topk/params.h"

namespace turbodiff::kernels {

void block_topk(const BlockTopkParams& params, cudaStream_t stream);

}  // namespace turbodiff::kernels
