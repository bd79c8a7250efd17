// Scaled dot-product attention: softmax(q k^T * scale + log w) v, softmax in fp32
// (Vaswani et al., "Attention Is All You Need", 2017). w weighs keys: a key that stands for n identical ones
// has w = n, which gives exactly what n copies of it would.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace turbodiff::ops {

/// q [B, L, H, D], k and v [B, S, H, D] of one float type; `bias` undefined or fp32, broadcastable to [B, H,
/// L, S], added to the scaled logits; `scale` defaults to 1/sqrt(D). Returns [B, L, H, D] in q's type.
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const at::Tensor& bias = {}, std::optional<double> scale = std::nullopt);

/// Whether full and sparse attention in bf16 run block by block with this CPU's bf16 instructions.
bool has_fast_attention();

namespace reference {
/// The same, computed with the whole [B, H, L, S] matrix in fp64.
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const at::Tensor& bias = {}, std::optional<double> scale = std::nullopt);
}  // namespace reference

}  // namespace turbodiff::ops
