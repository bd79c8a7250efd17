// Mean over all tokens. Internal to lib/ops.
#pragma once

#include <ATen/core/Tensor.h>

namespace turbodiff::ops {

/// x [B, L, H, D] of any float type -> [B, 1, H, D] fp32. The same bits for any number of threads.
at::Tensor mean_over_tokens(const at::Tensor& x);

}  // namespace turbodiff::ops
