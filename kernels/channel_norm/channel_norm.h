// Launches channel_norm/params.h.
#pragma once

#include <cuda_runtime_api.h>

#include "channel_norm/params.h"

namespace turbodiff::kernels {

/// Asynchronous on `stream`. Error std::runtime_error: sizes below 1 or more than channel_norm_most_channels,
/// fp16, misaligned operands, CUDA's own.
void channel_norm(const ChannelNormParams& p, cudaStream_t stream);

}  // namespace turbodiff::kernels
