// Launches the kernel of params.h. Asynchronous on `stream`. Errors: std::runtime_error, among them sizes
// below 1 and a missing output.
#pragma once

#include <cuda_runtime_api.h>

#include "w8a8_gemm/params.h"

namespace turbodiff::kernels {

void w8a8_gemm(const W8a8Params& params, W8a8Epilogue epilogue, cudaStream_t stream);

}  // namespace turbodiff::kernels
