// The gated residual connection of a diffusion transformer block: x += y * gate.
// Reference: WanAttentionBlock.forward in thu-ml/TurboDiffusion, rcm/networks/wan2pt1.py.
#pragma once

#include <ATen/core/Tensor.h>

namespace turbodiff::ops {

/// In place. x [B, L, D] fp32; y [B, L, D] any float type; gate [B, 1, D] or [B, L, D] fp32.
void add_gated_(at::Tensor& x, const at::Tensor& y, const at::Tensor& gate);

/// In place: x += y. x fp32, y any float type, same shape.
void add_(at::Tensor& x, const at::Tensor& y);

namespace reference {
void add_gated_(at::Tensor& x, const at::Tensor& y, const at::Tensor& gate);
}

}  // namespace turbodiff::ops
