// Splits a latent video into patches and joins them again. Tokens are in (time, row, column) order. The order
// inside a patch differs: (channel, kt, kh, kw) for the input, (kt, kh, kw, channel) for the output.
// Reference: WanModel.forward and unpatchify in thu-ml/TurboDiffusion, rcm/networks/wan2pt1.py.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

namespace turbodiff::ops {

using PatchSize = std::array<std::int64_t, 3>;  ///< kt, kh, kw

/// x [B, C, T, H, W] -> [B, L, C*kt*kh*kw]; T, H, W must be multiples of the patch size.
at::Tensor patchify(const at::Tensor& x, const PatchSize& patch);

/// tokens [B, L, kt*kh*kw*C] -> [B, C, T, H, W] of a grid of (T/kt, H/kh, W/kw) patches.
at::Tensor unpatchify(const at::Tensor& tokens, const PatchSize& patch, std::int64_t frames,
                      std::int64_t height, std::int64_t width);

}  // namespace turbodiff::ops
