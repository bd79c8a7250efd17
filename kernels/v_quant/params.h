// Values to e4m3 with a scale for each channel, laid out for the product with probabilities in sagesla_fwd:
//   largest: part[b, h, share, d] = max|v| over the tokens of the share
//   quant:   scale[b, h, d] = max(1e-20, max over shares) / 2.25,  q = e4m3(v / scale), nearest, ties to even
// 2.25 keeps 64 products with probabilities of up to 448 within fp16. Reference: thu-ml/SpargeAttn,
// csrc/fused, and Zhang et al., "SageAttention2++", 2025. Tokens stand in blocks of 64, a row of 64 bytes a
// channel; within 32 tokens in the order of v_slot() below, so that scores are the product's operand as they
// lie. Tokens past the last are zero. Device pointers; D is 128.
#pragma once

#include <cstddef>
#include <cstdint>

namespace turbodiff::kernels {

constexpr int v_quant_dim = 128;
constexpr int v_quant_rows = 64;

struct VQuantParams {
  const std::uint16_t* v;  ///< [batch, length, heads, D] bf16
  std::int64_t batch, length, heads;
  std::int64_t share_rows;  ///< tokens of one share
  float* parts;             ///< scratch, [batch, heads, shares, D]
  std::uint8_t* out;        ///< [batch, heads, ceil(length / 64), D, 64] e4m3
  float* scale;             ///< [batch, heads, D]
};

constexpr int v_quant_threads = 128;
/// A block of 64 tokens, channel by channel; rows are 4 bytes longer than 64, so that no two threads access
/// the same bank.
constexpr int v_quant_row_bytes = v_quant_rows + 4;
constexpr std::size_t v_quant_shared_bytes = v_quant_dim * v_quant_row_bytes;

inline std::int64_t v_quant_shares(const VQuantParams& p) {
  return (p.length + p.share_rows - 1) / p.share_rows;
}
inline std::int64_t v_quant_blocks(const VQuantParams& p) {
  return (p.length + v_quant_rows - 1) / v_quant_rows;
}

}  // namespace turbodiff::kernels
