#include "ops/linear.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "ops/one_thread.h"
#include "ops/parallel.h"

namespace turbodiff::ops {

namespace {

constexpr std::int64_t little_work = 1 << 22;
/// With so many rows and columns libraries have no reason to split sums among threads.
constexpr std::int64_t many_rows = 512, many_columns = 256;
constexpr std::int64_t tile_columns = 256;

/// Tiles of columns, each computed by one thread, are the same for any number of threads.
at::Tensor in_tiles(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const std::int64_t columns = weight.size(0);
  std::vector<std::int64_t> shape(x.sizes().begin(), x.sizes().end());
  shape.back() = columns;
  at::Tensor y = at::empty(shape, x.options());
  parallel_tiles((columns + tile_columns - 1) / tile_columns, [&](std::int64_t tile) {
    const std::int64_t first = tile * tile_columns, count = std::min(tile_columns, columns - first);
    const at::Tensor part = weight.narrow(0, first, count);
    y.narrow(-1, first, count)
        .copy_(bias.defined() ? at::linear(x, part, bias.narrow(0, first, count)) : at::linear(x, part));
  });
  return y;
}

}  // namespace

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  std::optional<OneThread> alone;
  if (x.is_cpu()) {
    const std::int64_t rows = x.numel() / std::max<std::int64_t>(1, x.size(-1));
    if (rows < few_rows || rows * weight.numel() < little_work || weight.size(0) < many_columns) {
      alone.emplace();
    } else if (rows < many_rows) {
      return in_tiles(x, weight, bias);
    }
  }
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
