// The norm of the Wan video autoencoder: every pixel's channel vector is scaled to length sqrt(C) * gamma:
//   y = x / max(||x||_2, 1e-12) * sqrt(C) * gamma, then SiLU where asked.
// Reference: RMS_norm in Wan-Video/Wan2.1, wan/modules/vae.py.
#pragma once

#include <ATen/core/Tensor.h>

namespace turbodiff::ops {

/// x [B, C, T, H, W] or [B, C, H, W], channels last in memory; gamma [C] fp32 -> same shape, type and layout.
at::Tensor channel_norm(const at::Tensor& x, const at::Tensor& gamma, bool silu);

namespace reference {
at::Tensor channel_norm(const at::Tensor& x, const at::Tensor& gamma, bool silu);
}

}  // namespace turbodiff::ops
