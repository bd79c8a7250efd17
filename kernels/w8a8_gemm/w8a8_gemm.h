// Launches the kernel of params.h. Asynchronous on `stream`. Errors: std::runtime_error, among them sizes
// below 1, a missing output and, where 16 divides K, x or weight not at a multiple of 16 bytes.
#pragma once

#include <cuda_runtime_api.h>

#include "w8a8_gemm/params.h"

namespace turbodiff::kernels {

void w8a8_gemm(const W8a8Params& params, W8a8Epilogue epilogue, cudaStream_t stream);

}  // namespace turbodiff::kernels
