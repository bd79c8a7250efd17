// Row work between the matrix products of blocked attention (blocked_attention.cpp): packing of operands,
// online softmax, feature maps, scaling. AVX-512 with bf16 instructions; compiled with flags of its own.
// Matrices are row-major; `ld_*` is the distance of rows in elements; bf16 values are passed as their bits.
#pragma once

#include <cstdint>

namespace turbodiff::ops::cpu {

/// A tile of scores and the state of its rows between tiles of one row (online softmax, base 2).
struct SoftmaxTile {
  std::int64_t rows = 0, keys = 0;   ///< `keys` of this tile
  std::int64_t ld_scores = 0;        ///< also of `weights`, whose columns [keys, even) are set to 0
  float* maximum = nullptr;          ///< [rows], -inf at first
  float* sum = nullptr;              ///< [rows], 0 at first
  float* correction = nullptr;       ///< [rows] out: what earlier results of a row are to be multiplied by
  std::uint16_t* weights = nullptr;  ///< [rows, keys] bf16 out: 2^(logit - maximum)
};

struct BlockedRows {
  /// out[c][r] = in[r][c] for units of 32 bits: the B operand of q k^T from rows of keys.
  void (*transpose_units)(const std::uint32_t* in, std::int64_t ld_in, std::int64_t rows,
                          std::int64_t columns, std::uint32_t* out, std::int64_t ld_out);
  /// out[r / 2][c] = {in[r][c], in[r + 1][c]}, a missing last row counts as 0: the B operand of p v.
  void (*interleave_pairs)(const std::uint16_t* in, std::int64_t ld_in, std::int64_t rows,
                           std::int64_t columns, std::uint16_t* out);
  /// logit = scores * scale (+ bias[key], may be null), in base 2.
  void (*softmax)(const SoftmaxTile& tile, const float* scores, float scale, const float* bias);
  /// logit = (scores - offset[key]) * scale[key]: scores of u8 queries with zero point 128 and s8 keys.
  void (*softmax_int8)(const SoftmaxTile& tile, const std::int32_t* scores, const std::int32_t* offset,
                       const float* scale);
  /// x[r][:] *= factor[r].
  void (*scale_rows)(float* x, std::int64_t ld, std::int64_t rows, std::int64_t columns, const float* factor);
  /// out = bf16(x * factor[r] + add[:]); `add` may be null.
  void (*store_rows)(const float* x, std::int64_t ld, std::int64_t rows, std::int64_t columns,
                     const float* factor, const float* add, std::uint16_t* out, std::int64_t ld_out);
  /// phi = softmax over the columns of x; out = phi * factor with factor = 1 / (1e-5 + phi . sums), or 1
  /// where `sums` is null.
  void (*softmax_features)(const std::uint16_t* x, std::int64_t ld, std::int64_t rows, std::int64_t columns,
                           const float* sums, std::uint16_t* out, std::int64_t ld_out);
  /// out[c] += sum over rows of x[r][c].
  void (*add_columns)(const std::uint16_t* x, std::int64_t ld, std::int64_t rows, std::int64_t columns,
                      float* out);
  /// out[c][r] = in[r][c], out padded with zero columns to an even number of rows.
  void (*transpose)(const std::uint16_t* in, std::int64_t ld_in, std::int64_t rows, std::int64_t columns,
                    std::uint16_t* out, std::int64_t ld_out);
  /// q = trunc(y / s +- 0.5), y = bf16(x - mean[:]) (mean may be null: y = x), s = max|y| / 127 + 1e-7 over
  /// the block; returns s. Written as q + zero_point, `ld_out` bytes a row.
  float (*quantise_block)(const std::uint16_t* x, std::int64_t ld, std::int64_t rows, std::int64_t columns,
                          const float* mean, int zero_point, std::uint8_t* out, std::int64_t ld_out);
};

/// Null where this machine lacks the instructions or its matrix library does not pass a check at first use.
const BlockedRows* blocked_rows();

}  // namespace turbodiff::ops::cpu
