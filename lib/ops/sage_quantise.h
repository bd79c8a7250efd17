// int8 queries and keys of SageAttention: one scale a block of rows, keys less their mean over all tokens.
//   s = max|x| / 127 + 1e-7,   q = trunc(x / s +- 0.5) (half away from zero)
// Zhang et al., "SageAttention2: Efficient Attention with Thorough Outlier Smoothing and Per-thread INT4
// Quantization", 2024. Reference: get_vanilla_qk_quant in thu-ml/SpargeAttn, spas_sage_attn/utils.py.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace turbodiff::ops {

struct SageBlocks {
  at::Tensor values;  ///< [B, L, H, D] int8
  at::Tensor scales;  ///< [B, H, ceil(L / rows)] fp32
};

/// x [B, L, H, D] fp32, bf16 or fp16; blocks of `rows` tokens.
SageBlocks sage_quantise(const at::Tensor& x, std::int64_t rows);

/// k - mean over tokens, in k's type; the mean is rounded to that type first.
at::Tensor sage_smooth(const at::Tensor& k);

}  // namespace turbodiff::ops
