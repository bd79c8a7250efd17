// Layer norm over the last dimension, with the modulation of a diffusion transformer folded in:
//   y = (x - mean(x)) / sqrt(var(x) + eps) * (1 + scale) + shift
// Reference: WanLayerNorm and WanAttentionBlock in thu-ml/TurboDiffusion, rcm/networks/wan2pt1.py
// (adaptive layer norm: Peebles & Xie, "Scalable Diffusion Models with Transformers", 2023).
#pragma once

#include <ATen/core/Tensor.h>

namespace turbodiff::ops {

/// x [B, L, D] fp32; scale, shift [B, 1, D] or [B, L, D] fp32 -> [B, L, D] in `out_type`.
at::Tensor layer_norm_modulate(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift,
                               double eps, at::ScalarType out_type);

/// Affine layer norm: x [B, L, D] fp32; weight, bias [D] fp32 -> [B, L, D] in `out_type`.
at::Tensor layer_norm_affine(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                             double eps, at::ScalarType out_type);

namespace reference {
/// The same in plain tensor operations, on any device.
at::Tensor layer_norm_modulate(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift,
                               double eps, at::ScalarType out_type);
at::Tensor layer_norm_affine(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                             double eps, at::ScalarType out_type);
}  // namespace reference

}  // namespace turbodiff::ops
