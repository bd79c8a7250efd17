// Root-mean-square norm over the last dimension: y = x * rsqrt(mean(x^2) + eps) * weight
// (Zhang & Sennrich, "Root Mean Square Layer Normalization", 2019), and the same with rotary position
// embedding applied to the result. Reference: WanRMSNorm, rope_apply in thu-ml/TurboDiffusion,
// rcm/networks/wan2pt1.py.
#pragma once

#include <ATen/core/Tensor.h>

namespace turbodiff::ops {

/// x [..., D] any float type; weight [D] fp32 -> same shape in `out_type`.
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::ScalarType out_type);

/// x [B, L, D]; weight [D] fp32, normalised over all of D; then each of the D / (2 * cos.size(1)) heads is
/// rotated: interleaved pairs (x0, x1) -> (x0 cos - x1 sin, x0 sin + x1 cos); cos, sin [L, head_dim / 2]
/// fp32. Returns [B, L, D] in x's type.
at::Tensor rms_norm_rope(const at::Tensor& x, const at::Tensor& weight, double eps, const at::Tensor& cos,
                         const at::Tensor& sin);

namespace reference {
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::ScalarType out_type);
at::Tensor rms_norm_rope(const at::Tensor& x, const at::Tensor& weight, double eps, const at::Tensor& cos,
                         const at::Tensor& sin);
}  // namespace reference

}  // namespace turbodiff::ops
