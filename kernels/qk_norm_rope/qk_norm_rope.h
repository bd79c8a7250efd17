// Launches qk_norm_rope/params.h.
#pragma once

#include <cuda_runtime_api.h>

#include "qk_norm_rope/params.h"

namespace turbodiff::kernels {

/// Asynchronous on `stream`. Error std::runtime_error: sizes below 1, blocks of neither 64 nor 128 rows,
/// misaligned operands, CUDA's own.
void qk_norm_rope(const QkNormRopeParams& p, cudaStream_t stream);

}  // namespace turbodiff::kernels
