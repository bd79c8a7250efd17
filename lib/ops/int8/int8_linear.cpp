#include "ops/int8/int8_linear.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "core/error.h"
#include "ops/device/int8_ops.h"
#include "ops/device/int8_plain.h"
#include "ops/int8/int8_tiles.h"
#include "ops/parallel.h"
#include "ops/rows.h"

namespace turbodiff::ops {

namespace {

using cpu::int8_block;
using cpu::int8_panel;

bool is_fast(const at::Tensor& x) {
  return x.is_cpu() && Int8Plain::kernels_for(x) == nullptr && cpu::int8_rows() != nullptr;
}

/// Calls body(row block, rows, column block, columns, first element) for the 128 x 128 blocks of x [rows,
/// columns].
template <typename Body>
void for_blocks(const at::Tensor& x, const Body& body) {
  const std::int64_t rows = x.size(0), columns = x.size(1);
  const auto element = static_cast<std::int64_t>(x.element_size());
  const auto* from = static_cast<const char*>(x.const_data_ptr());
  parallel_for(0, ceil_div(rows, int8_block), 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t r = first; r < last; ++r)
      for (std::int64_t c = 0; c * int8_block < columns; ++c)
        body(r, std::min(int8_block, rows - r * int8_block), c,
             std::min(int8_block, columns - c * int8_block), from + (r * columns + c) * int8_block * element);
  });
}

/// Scales of 128 x 128 blocks, one for each element: [rows, columns].
at::Tensor spread(const at::Tensor& scales, std::int64_t rows, std::int64_t columns) {
  return scales.repeat_interleave(int8_block, 0)
      .narrow(0, 0, rows)
      .repeat_interleave(int8_block, 1)
      .narrow(1, 0, columns);
}

}  // namespace

bool has_fast_int8() {
  return cpu::int8_rows() != nullptr;
}

Int8Matrix int8_quantise(const at::Tensor& x) {
  if (const device::KernelSet* kernels = Int8Plain::kernels_for(x))
    return device::block_quantise(*kernels, x);
  if (!is_fast(x)) return reference::int8_quantise(x);
  const at::Tensor from = x.contiguous();
  at::Tensor values = at::empty(x.sizes(), x.options().dtype(at::kByte));
  at::Tensor scales = at::empty({ceil_div(x.size(0), int8_block), ceil_div(x.size(1), int8_block)},
                                x.options().dtype(at::kFloat));
  auto* to = values.mutable_data_ptr<std::uint8_t>();
  auto* scale = scales.mutable_data_ptr<float>();
  for_blocks(from,
             [&](std::int64_t r, std::int64_t rows, std::int64_t c, std::int64_t columns, const void* block) {
               scale[r * scales.size(1) + c] =
                   int8_quantise_block(block, storage_of(from.scalar_type()), from.size(1), rows, columns,
                                       to + (r * x.size(1) + c) * int8_block, x.size(1));
             });
  return {values.bitwise_xor_(0x80).view(at::kChar), scales};
}

/// Both implementations of the product, with a view into its operands.
class Int8Product {
 public:
  static void pack(Int8Weight& weight, const Int8Matrix& matrix) {
    weight.n_ = matrix.values.size(0);
    weight.k_ = matrix.values.size(1);
    weight.scales_ = matrix.scales.to(at::kFloat).contiguous();
    if (!is_fast(matrix.values)) {
      weight.values_ = matrix.values.contiguous();
      return;
    }
    const std::int64_t panels = ceil_div(weight.n_, int8_panel), k_blocks = ceil_div(weight.k_, int8_block);
    const at::Tensor rows = matrix.values.contiguous();
    weight.values_ = at::empty({panels, k_blocks * int8_block * int8_panel}, at::kChar);
    weight.offsets_ = at::empty({panels, k_blocks * int8_panel}, at::kInt);
    const auto* from = rows.const_data_ptr<std::int8_t>();
    auto* to = weight.values_.mutable_data_ptr<std::int8_t>();
    auto* offset = weight.offsets_.mutable_data_ptr<std::int32_t>();
    parallel_for(0, panels, 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t p = first; p < last; ++p)
        cpu::int8_rows()->pack(
            from + p * int8_panel * weight.k_, std::min(int8_panel, weight.n_ - p * int8_panel), weight.k_,
            to + p * k_blocks * int8_block * int8_panel, offset + p * k_blocks * int8_panel);
    });
  }

  static void quantise(Int8Input& input, const at::Tensor& x) {
    input.shape_.assign(x.sizes().begin(), x.sizes().end());
    input.type_ = x.scalar_type();
    at::Tensor flat = x.reshape({-1, x.size(-1)}).contiguous();
    if (x.scalar_type() == at::kHalf) flat = flat.to(at::kFloat);
    if (!is_fast(x)) {
      const Int8Matrix matrix = int8_quantise(flat);
      input.values_ = matrix.values;
      input.scales_ = matrix.scales;
      return;
    }
    Int8Blocks blocks;
    std::tie(input, blocks) = Int8Tiles::make_input(input.shape_, input.type_);
    for_blocks(flat, [&](std::int64_t r, std::int64_t rows, std::int64_t c, std::int64_t columns,
                         const void* block) {
      blocks.put(r, c, block, storage_of(flat.scalar_type()), flat.size(1), rows, columns);
    });
  }

  static at::Tensor multiply(const Int8Input& x, const Int8Weight& weight, const at::Tensor& bias) {
    std::vector<std::int64_t> shape = x.shape_;
    Int8Tiles::require_fit(x, weight);
    shape.back() = weight.n_;
    const at::ScalarType computed = x.type_ == at::kHalf ? at::kFloat : x.type_;
    at::Tensor y = at::empty(shape, x.values_.options().dtype(computed));
    if (Int8Tiles::apply(x, weight))
      fast(x, weight, bias, y);
    else if (const device::KernelSet* kernels = Int8Plain::kernels_for(x))
      y.view({-1, weight.n_})
          .copy_(device::multiply(*kernels, Int8Plain::matrix(x), Int8Plain::matrix(weight), bias));
    else
      y.view({-1, weight.n_})
          .copy_(blockwise({x.values_, x.scales_}, {weight.values_, weight.scales_}, bias, computed));
    return y.to(x.type_);
  }

 private:
  static void fast(const Int8Input& x, const Int8Weight& weight, const at::Tensor& bias, at::Tensor& y) {
    const std::int64_t n = weight.out();
    const auto element = static_cast<std::int64_t>(y.element_size());
    auto* to = static_cast<char*>(y.data_ptr());
    Int8Tiles(x, weight, bias, y.scalar_type())
        .run(
            [&](const Int8Place& place, void*) {
              return Int8Target{to + (place.row * n + place.column) * element, n};
            },
            [](const Int8Place&, void*) {});
  }

 public:
  /// Blocks of K one after another; sums of 128 products of at most 2^14 are exact in fp32.
  static at::Tensor blockwise(const Int8Matrix& x, const Int8Matrix& w, const at::Tensor& bias,
                              at::ScalarType type) {
    const std::int64_t k = x.values.size(1);
    at::Tensor sum = at::zeros({x.values.size(0), w.values.size(0)}, x.scales.options());
    for (std::int64_t kb = 0; kb * int8_block < k; ++kb) {
      const std::int64_t width = std::min(int8_block, k - kb * int8_block);
      const auto part = [&](const Int8Matrix& m) {
        return m.values.narrow(1, kb * int8_block, width).to(at::kFloat);
      };
      const auto scale = [&](const Int8Matrix& m) {
        return m.scales.select(1, kb).repeat_interleave(int8_block).narrow(0, 0, m.values.size(0));
      };
      // fma(product, scale, sum): exact in fp64 up to its one rounding
      const at::Tensor factor = (scale(x).unsqueeze(1) * scale(w).unsqueeze(0)).to(at::kDouble);
      sum = (at::matmul(part(x), part(w).t()).to(at::kDouble) * factor + sum.to(at::kDouble)).to(at::kFloat);
    }
    const at::Tensor rounded = sum.to(type);
    return bias.defined() ? (rounded.to(at::kFloat) + bias.to(at::kFloat)).to(type) : rounded;
  }
};

namespace {
void require_scales(const Int8Matrix& matrix) {
  const std::int64_t rows = ceil_div(matrix.values.size(0), int8_block),
                     columns = ceil_div(matrix.values.size(1), int8_block);
  if (matrix.scales.dim() != 2 || matrix.scales.size(0) != rows || matrix.scales.size(1) != columns)
    throw Error::bad_request(
        fmt::format("int8 weights of {}x{} need {}x{} scales, one for each 128x128 block",
                    matrix.values.size(0), matrix.values.size(1), rows, columns));
}
}  // namespace

at::Tensor int8_dequantise(const Int8Matrix& matrix, at::ScalarType type) {
  require_scales(matrix);
  return (matrix.values.to(at::kFloat) *
          spread(matrix.scales.to(at::kFloat), matrix.values.size(0), matrix.values.size(1)))
      .to(type);
}

Int8Weight::Int8Weight(const Int8Matrix& matrix) {
  require_scales(matrix);
  Int8Product::pack(*this, matrix);
}

std::uint64_t Int8Weight::bytes() const {
  return values_.nbytes() + scales_.nbytes() + (offsets_.defined() ? offsets_.nbytes() : 0);
}

Int8Input::Int8Input(const at::Tensor& x) {
  Int8Product::quantise(*this, x);
}

at::Tensor int8_linear(const Int8Input& x, const Int8Weight& weight, const at::Tensor& bias) {
  return Int8Product::multiply(x, weight, bias);
}

namespace reference {

Int8Matrix int8_quantise(const at::Tensor& x) {
  const std::int64_t rows = x.size(0), columns = x.size(1);
  const std::int64_t row_blocks = ceil_div(rows, int8_block), column_blocks = ceil_div(columns, int8_block);
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor amax =
      at::constant_pad_nd(wide, {0, column_blocks * int8_block - columns, 0, row_blocks * int8_block - rows})
          .view({row_blocks, int8_block, column_blocks, int8_block})
          .abs()
          .amax({1, 3})
          .clamp_min(1e-8);
  const at::Tensor factor = spread(at::full({}, 128.0f, amax.options()) / amax, rows, columns);
  return {(wide * factor).round().clamp(-128, 127).to(at::kChar), amax / 128.0f};
}

at::Tensor int8_linear(const at::Tensor& x, const Int8Matrix& weight, const at::Tensor& bias) {
  const Int8Matrix input = int8_quantise(x.reshape({-1, x.size(-1)}));
  std::vector<std::int64_t> shape(x.sizes().begin(), x.sizes().end());
  shape.back() = weight.values.size(0);
  return Int8Product::blockwise(input, weight, bias, x.scalar_type()).view(shape);
}

}  // namespace reference

}  // namespace turbodiff::ops
