// The inner loops of int8 linear layers, for CPUs with AVX-512 VNNI; compiled with flags of its own.
#pragma once

#include <cstdint>

#include "ops/cpu/row_kernels.h"

namespace turbodiff::ops::cpu {

/// Rows and columns of a block that shares one scale, and output columns computed side by side.
inline constexpr std::int64_t int8_block = 128, int8_panel = 64;

/// A tile of at most 128 rows and 64 columns of x w^T, over all of K.
struct Int8Tile {
  const std::uint8_t* x = nullptr;  ///< [k_blocks, 128, 128] with zero point 128
  std::int64_t rows = 0, k_blocks = 0;
  const std::int8_t* weight = nullptr;   ///< [K / 4, 64, 4]
  const std::int32_t* offset = nullptr;  ///< [k_blocks, 64]: -128 * sum of each column over the block
  const float* x_scale = nullptr;        ///< [k_blocks]
  const float* weight_scale = nullptr;   ///< [k_blocks]
  float* sum = nullptr;                  ///< [rows, 64] out
};

struct Int8Rows {
  /// Largest |x| of [rows, columns].
  float (*largest)(const void* x, Storage type, std::int64_t ld, std::int64_t rows, std::int64_t columns);
  /// out = saturate(round half to even(x * factor)) + 128.
  void (*quantise)(const void* x, Storage type, std::int64_t ld, std::int64_t rows, std::int64_t columns,
                   float factor, std::uint8_t* out, std::int64_t ld_out);
  /// weight [columns, K] int8 of one panel -> [K / 4, 64, 4] and offsets [K / 128, 64]; missing columns and
  /// what is missing of K up to a multiple of 128 count as 0.
  void (*pack)(const std::int8_t* weight, std::int64_t columns, std::int64_t k, std::int8_t* out,
               std::int32_t* offset);
  /// For each block of 128 of K in ascending order: sum = fma(exact integer product, x_scale * weight_scale,
  /// sum).
  void (*multiply)(const Int8Tile& tile);
  /// out = sum + bias (may be null); for bf16 the sum is rounded first, as the reference's is.
  void (*store)(const float* sum, std::int64_t rows, std::int64_t columns, const float* bias, void* out,
                Storage type, std::int64_t ld_out);
};

/// Null where this CPU lacks the instructions.
const Int8Rows* int8_rows();

}  // namespace turbodiff::ops::cpu
