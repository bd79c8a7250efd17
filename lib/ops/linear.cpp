#include "ops/linear.h"

#include <ATen/ATen.h>

#include <vector>

#include "core/os/signals.h"
#include "ops/aligned.h"
#include "ops/parallel.h"

namespace turbodiff::ops {

namespace {

/// Multiply-adds that are not worth a second thread.
constexpr std::int64_t little_work = 1 << 22;
/// So large that packing the operands of each tile anew costs next to nothing, so small that a tile's results
/// stay in the second-level cache and that there are enough tiles for many cores.
constexpr std::int64_t tile_rows = 1024, tile_columns = 384;
/// Fewer rows than `few` in narrower tiles, so that there are as many.
constexpr std::int64_t few = 512, narrow_columns = 192;
/// Of layers with few columns there are several tiles all the same, of at least this many rows.
constexpr std::int64_t enough_tiles = 8, least_rows = 256;
/// Libraries compute in units of so many rows and columns.
constexpr std::int64_t row_unit = 16, column_unit = 64;

struct Tiling {
  Parts rows, columns;
};

/// By the shape alone.
Tiling tiling(std::int64_t rows, std::int64_t columns, std::int64_t depth) {
  if (rows * columns * depth < little_work)
    return {Parts::of(rows, rows, row_unit), Parts::of(columns, columns, column_unit)};
  const Parts across = Parts::of(columns, rows < few ? narrow_columns : tile_columns, column_unit);
  const std::int64_t bands = std::min(ceil_div(enough_tiles, across.count), rows / least_rows);
  const std::int64_t most = bands > 1 ? std::min(tile_rows, ceil_div(rows, bands)) : tile_rows;
  return {Parts::of(rows, most, row_unit), across};
}

/// Depth is never divided. MKL writes fp32 where it belongs; oneDNN's fast products in other types write
/// adjacent rows only, which are then copied.
at::Tensor in_tiles(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const std::int64_t columns = weight.size(0), depth = weight.size(1);
  std::vector<std::int64_t> shape(x.sizes().begin(), x.sizes().end());
  shape.back() = columns;
  const at::Tensor from = x.reshape({x.numel() / depth, depth});
  at::Tensor y = at::empty({from.size(0), columns}, x.options());
  const Tiling tiles = tiling(from.size(0), columns, depth);
  // Where a strip of it is used by many bands of rows it is copied once.
  const bool often = tiles.rows.count > 1;
  const at::Tensor all = often ? aligned(weight) : weight;
  parallel_tiles(tiles.rows.count * tiles.columns.count, [&](std::int64_t tile) {
    core::throw_if_interrupted();
    const std::int64_t band = tile / tiles.columns.count, strip = tile % tiles.columns.count;
    const std::int64_t first = tiles.columns.first(strip), count = tiles.columns.size_of(strip);
    const at::Tensor rows = from.narrow(0, tiles.rows.first(band), tiles.rows.size_of(band));
    const at::Tensor part = aligned(all.narrow(0, first, count));
    const at::Tensor part_bias = bias.defined() ? aligned(bias.narrow(0, first, count)) : at::Tensor();
    at::Tensor to = y.narrow(0, tiles.rows.first(band), tiles.rows.size_of(band)).narrow(1, first, count);
    if (x.scalar_type() != at::kFloat)
      to.copy_(part_bias.defined() ? at::linear(rows, part, part_bias) : at::linear(rows, part));
    else if (part_bias.defined())
      at::addmm_out(to, part_bias, rows, part.t());
    else
      at::mm_out(to, rows, part.t());
  });
  return y.view(shape);
}

}  // namespace

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  if (x.is_cpu() && x.numel() > 0) return in_tiles(x, weight, bias);
  return bias.defined() ? at::linear(x, weight, bias) : at::linear(x, weight);
}

namespace reference {
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  at::Tensor y = at::matmul(x.to(at::kDouble), weight.to(at::kDouble).t());
  if (bias.defined()) y = y + bias.to(at::kDouble);
  return y.to(x.scalar_type());
}
}  // namespace reference

}  // namespace turbodiff::ops
