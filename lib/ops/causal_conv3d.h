// Convolutions of the video autoencoder. The caller makes them causal: it prepends the past frames to x.
// Activations are channels last, which is what both oneDNN and cuDNN run fastest.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

namespace turbodiff::ops {

/// x [B, C, T, H, W], weight [N, C, kt, kh, kw], bias [N]; zero padding of rows and columns only, given by
/// `padding` = {rows, columns}; `stride_t` in time. Returns [B, N, T', H', W'], channels last.
at::Tensor conv3d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                  std::array<std::int64_t, 2> padding, std::int64_t stride_t = 1);

/// x [B, C, H, W], weight [N, C, kh, kw], bias [N] -> [B, N, H', W'], channels last.
at::Tensor conv2d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, std::int64_t padding,
                  std::int64_t stride = 1);

namespace reference {
/// One matrix product per kernel tap, in fp64.
at::Tensor conv3d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                  std::array<std::int64_t, 2> padding, std::int64_t stride_t = 1);
}  // namespace reference

}  // namespace turbodiff::ops
