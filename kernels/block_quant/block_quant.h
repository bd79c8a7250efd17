// Launches block_quant/params.h.
#pragma once

#include <cuda_runtime_api.h>

#include "block_quant/params.h"

namespace turbodiff::kernels {

/// Asynchronous on `stream`. Error std::runtime_error: sizes below 1, fp16, misaligned operands, CUDA's own.
void block_quant(const BlockQuantParams& p, cudaStream_t stream);

}  // namespace turbodiff::kernels
