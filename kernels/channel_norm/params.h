// The norm of the video autoencoder, with SiLU where asked, channels last:
//   factor = sqrt(C) / max(||x||_2, 1e-12);   y = (x factor) gamma;   out = y / (1 + exp(-y)) or y
// The equation is that of lib/ops/channel_norm.h; reference: RMS_norm in Wan-Video/Wan2.1,
// wan/modules/vae.py. Sums in fp32: lane i of a warp takes the elements 4 i to 4 i + 3 of every 128, in
// ascending order, then the lanes' sums are added in pairs 16, 8, 4, 2, 1 apart. Device pointers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "common/storage.h"

namespace turbodiff::kernels {

struct ChannelNormParams {
  const void* x;  ///< [rows, channels] in type
  void* out;      ///< [rows, channels] in type; may be x
  Storage type;   ///< f32 or bf16
  std::int64_t rows, channels;
  const float* gamma;  ///< [channels]
  bool silu;
};

constexpr int channel_norm_threads = 256;
/// A row is kept in the registers of a warp.
constexpr std::int64_t channel_norm_most_channels = 1024;

/// body(pieces): pieces of 128 channels of a row as a constant, rounded up to those a kernel is made for.
template <typename Body>
void with_channel_norm_pieces(const ChannelNormParams& p, const Body& body) {
  if (p.channels <= 128) return body(std::integral_constant<int, 1>{});
  if (p.channels <= 256) return body(std::integral_constant<int, 2>{});
  if (p.channels <= 512) return body(std::integral_constant<int, 4>{});
  body(std::integral_constant<int, 8>{});
}
/// Rows that a warp processes at a time.
template <int Pieces>
constexpr int channel_norm_warp_rows = Pieces >= 4 ? 1 : 4 / Pieces;
template <int Pieces>
inline std::int64_t channel_norm_blocks(const ChannelNormParams& p) {
  const std::int64_t rows = channel_norm_threads / 32 * channel_norm_warp_rows<Pieces>;
  return (p.rows + rows - 1) / rows;
}

}  // namespace turbodiff::kernels
