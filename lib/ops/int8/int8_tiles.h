// The fast path of int8 linear layers, tile by tile, for operations on a tile while it is in the cache.
// Internal to lib/ops.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <vector>

#include "core/os/signals.h"
#include "ops/ceil_div.h"
#include "ops/cpu/int8_rows.h"
#include "ops/int8/int8_linear.h"
#include "ops/parallel.h"

namespace turbodiff::ops {

/// Quantises one block of at most 128 x 128 into uint8 [rows, 128] with zero point 128; returns its scale.
inline float int8_quantise_block(const void* x, cpu::Storage type, std::int64_t ld, std::int64_t rows,
                                 std::int64_t columns, std::uint8_t* out, std::int64_t ld_out) {
  const cpu::Int8Rows& kernels = *cpu::int8_rows();
  const float amax = std::max(1e-8f, kernels.largest(x, type, ld, rows, columns));
  kernels.quantise(x, type, ld, rows, columns, 128.0f / amax, out, ld_out);
  return amax / 128.0f;
}

/// A tile of the output: at most 128 x 128.
struct Int8Place {
  std::int64_t row, rows, column, columns;
};

/// The destination of a tile.
struct Int8Target {
  void* first;
  std::int64_t ld;  ///< elements from one row to the next
};

/// The memory of the values and scales of quantised activations: blocks of 128 x 128 one after another.
struct Int8Blocks {
  std::uint8_t* values;
  float* scales;
  std::int64_t k_blocks;

  std::uint8_t* block(std::int64_t row_block, std::int64_t k_block) const {
    return values + (row_block * k_blocks + k_block) * cpu::int8_block * cpu::int8_block;
  }
  /// Quantises a block of `type` elements into its place; columns beyond K become 0.
  void put(std::int64_t row_block, std::int64_t k_block, const void* x, cpu::Storage type, std::int64_t ld,
           std::int64_t rows, std::int64_t columns) const {
    std::uint8_t* out = block(row_block, k_block);
    if (columns < cpu::int8_block) std::fill_n(out, rows * cpu::int8_block, std::uint8_t{128});
    scales[row_block * k_blocks + k_block] =
        int8_quantise_block(x, type, ld, rows, columns, out, cpu::int8_block);
  }
};

/// The operands of a product on the CPU with VNNI.
class Int8Tiles {
 public:
  /// Error as require_fit().
  Int8Tiles(const Int8Input& x, const Int8Weight& weight, const at::Tensor& bias, at::ScalarType type);

  /// Error bad_request where the sizes do not fit.
  static void require_fit(const Int8Input& x, const Int8Weight& weight);
  /// Whether both operands have the layout of the fast path.
  static bool apply(const Int8Input& x, const Int8Weight& weight) {
    return weight.offsets_.defined() && x.values_.dim() == 4;
  }
  /// Activations of `shape` [..., K] to be filled in, and their memory.
  static std::pair<Int8Input, Int8Blocks> make_input(std::vector<std::int64_t> shape, at::ScalarType type);

  /// For each tile, in parallel: target(place, scratch) returns its destination, its values are written there
  /// in `type`, then done(place, scratch) is called. `scratch` holds 128 x 128 elements.
  template <typename Target, typename Done>
  void run(const Target& target, const Done& done) const {
    using cpu::int8_block;
    using cpu::int8_panel;
    const std::int64_t panels = ceil_div(n_, int8_panel), tasks_across = ceil_div(panels, panels_of_task);
    parallel_for(
        0, ceil_div(rows_, int8_block) * tasks_across, 1, [&](std::int64_t first, std::int64_t last) {
          alignas(64) float sum[int8_block * int8_panel];
          alignas(64) float scratch[int8_block * int8_block];
          for (std::int64_t task = first; task < last; ++task) {
            core::throw_if_interrupted();
            const std::int64_t block = task / tasks_across, begin = task % tasks_across * panels_of_task;
            for (std::int64_t p = begin; p < std::min(begin + panels_of_task, panels);
                 p += int8_block / int8_panel) {
              const Int8Place place{block * int8_block, std::min(int8_block, rows_ - block * int8_block),
                                    p * int8_panel, std::min(int8_block, n_ - p * int8_panel)};
              multiply(place, target(place, scratch), sum);
              done(place, scratch);
            }
          }
        });
  }

 private:
  /// Panels of weights that one task multiplies, which stay in the second-level cache.
  static constexpr std::int64_t panels_of_task = 8;

  void multiply(const Int8Place& place, const Int8Target& target, float* sum) const;

  const Int8Input& x_;
  const Int8Weight& weight_;
  at::Tensor bias_;  // fp32, or undefined
  cpu::Storage type_;
  std::int64_t rows_, n_;
};

}  // namespace turbodiff::ops
