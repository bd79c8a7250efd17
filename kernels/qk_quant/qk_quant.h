// Launches the passes of params.h, in this order. Asynchronous on `stream`. Errors: std::runtime_error.
#pragma once

#include <cuda_runtime_api.h>

#include "qk_quant/params.h"

namespace turbodiff::kernels {

void qk_quant(const QkQuantParams& params, cudaStream_t stream);
/// Without the first pass: `mean` holds its result, for example from qk_norm_rope.
void qk_quant_pooled(const QkQuantParams& params, cudaStream_t stream);

}  // namespace turbodiff::kernels
