#include "ops/int8/int8_fused.h"

#include <ATen/ATen.h>

#include <vector>

#include "ops/device/int8_ops.h"
#include "ops/device/int8_plain.h"
#include "ops/gelu.h"
#include "ops/int8/int8_tiles.h"
#include "ops/layer_norm.h"
#include "ops/layer_norm_rows.h"
#include "ops/residual.h"

namespace turbodiff::ops {

namespace {

using cpu::int8_block;

/// A block of rows at a time: normed into memory that stays in the cache, quantised from there.
Int8Input quantised_norm(const at::Tensor& x, const at::Tensor& mul, const at::Tensor& add,
                         std::int64_t rows_per_group, double eps, at::ScalarType type) {
  const std::int64_t dim = x.size(-1), rows = x.numel() / dim;
  auto made = Int8Tiles::make_input(x.sizes().vec(), type);
  const Int8Blocks& blocks = made.second;
  const auto element = static_cast<std::int64_t>(c10::elementSize(type));
  parallel_for(0, ceil_div(rows, int8_block), 1, [&](std::int64_t first, std::int64_t last) {
    std::vector<char> normed(static_cast<std::size_t>(int8_block * dim * element));
    for (std::int64_t block = first; block < last; ++block) {
      const std::int64_t count = std::min(int8_block, rows - block * int8_block);
      layer_norm_rows(x, mul, add, rows_per_group, eps, type, block * int8_block, count, normed.data());
      for (std::int64_t k = 0; k < blocks.k_blocks; ++k)
        blocks.put(block, k, normed.data() + k * int8_block * element, storage_of(type), dim, count,
                   std::min(int8_block, dim - k * int8_block));
    }
  });
  return std::move(made.first);
}

/// Kernels that norm x and quantise it, or null.
const device::KernelSet* norm_kernels(const at::Tensor& x, at::ScalarType type) {
  return x.scalar_type() == at::kFloat && type == at::kBFloat16 ? Int8Plain::kernels_for(x) : nullptr;
}

bool norm_is_fast(const at::Tensor& x, at::ScalarType type) {
  return has_fast_int8() && has_layer_norm_rows(x, type);
}

/// Kernels for a product of these operands, or null. Error bad_request where the sizes do not fit.
const device::KernelSet* fitting_kernels(const Int8Input& x, const Int8Weight& weight) {
  Int8Tiles::require_fit(x, weight);
  return Int8Plain::kernels_for(x);
}

Int8Target in_scratch(const Int8Place& place, void* scratch) {
  return {scratch, place.columns};
}

bool linear_is_fast(const Int8Input& x, const Int8Weight& weight) {
  return Int8Tiles::apply(x, weight) && x.scalar_type() != at::kHalf;
}

}  // namespace

Int8Input int8_layer_norm_modulate(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift,
                                   double eps, at::ScalarType type) {
  const std::int64_t rows_per_group = x.size(1) / scale.size(1);
  if (const device::KernelSet* kernels = norm_kernels(x, type))
    return Int8Plain::input(x.sizes().vec(), type,
                            device::norm_quantise(*kernels, x, scale + 1, shift, rows_per_group, eps));
  if (!norm_is_fast(x, type)) return Int8Input(layer_norm_modulate(x, scale, shift, eps, type));
  return quantised_norm(x, (scale + 1).contiguous(), shift.contiguous(), rows_per_group, eps, type);
}

Int8Input int8_layer_norm_affine(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                 double eps, at::ScalarType type) {
  if (const device::KernelSet* kernels = norm_kernels(x, type))
    return Int8Plain::input(x.sizes().vec(), type,
                            device::norm_quantise(*kernels, x, weight, bias, x.numel() / x.size(-1), eps));
  if (!norm_is_fast(x, type)) return Int8Input(layer_norm_affine(x, weight, bias, eps, type));
  return quantised_norm(x, weight, bias, x.numel() / x.size(-1), eps, type);
}

Int8Input int8_linear_gelu(const Int8Input& x, const Int8Weight& weight, const at::Tensor& bias) {
  std::vector<std::int64_t> shape = x.sizes().vec();
  shape.back() = weight.out();
  const at::ScalarType type = x.scalar_type();
  if (const device::KernelSet* kernels = fitting_kernels(x, weight))
    return Int8Plain::input(
        std::move(shape), type,
        device::multiply_gelu(*kernels, Int8Plain::matrix(x), Int8Plain::matrix(weight), bias));
  if (!linear_is_fast(x, weight)) return Int8Input(gelu_tanh_(int8_linear(x, weight, bias)));
  auto made = Int8Tiles::make_input(std::move(shape), type);
  const Int8Blocks& blocks = made.second;
  Int8Tiles(x, weight, bias, type).run(in_scratch, [&](const Int8Place& place, void* scratch) {
    cpu::row_kernels().gelu_tanh(scratch, scratch, storage_of(type), place.rows * place.columns);
    blocks.put(place.row / int8_block, place.column / int8_block, scratch, storage_of(type), place.columns,
               place.rows, place.columns);
  });
  return std::move(made.first);
}

void int8_linear_add_(at::Tensor& residual, const Int8Input& x, const Int8Weight& weight,
                      const at::Tensor& bias, const at::Tensor& gate) {
  if (residual.scalar_type() == at::kFloat && residual.is_contiguous())
    if (const device::KernelSet* kernels = fitting_kernels(x, weight))
      return device::multiply_add_(*kernels, residual, Int8Plain::matrix(x), Int8Plain::matrix(weight), bias,
                                   gate);
  if (!linear_is_fast(x, weight) || residual.scalar_type() != at::kFloat || !has_row_kernel(residual)) {
    const at::Tensor y = int8_linear(x, weight, bias);
    return gate.defined() ? add_gated_(residual, y, gate) : add_(residual, y);
  }
  const at::ScalarType type = x.scalar_type();
  const std::int64_t n = weight.out();
  const at::Tensor gates = gate.defined() ? gate.contiguous() : gate;
  const std::int64_t rows_per_group = gate.defined() ? residual.size(1) / gate.size(1) : 1;
  const auto element = static_cast<std::int64_t>(c10::elementSize(type));
  auto* to = residual.mutable_data_ptr<float>();
  Int8Tiles(x, weight, bias, type).run(in_scratch, [&](const Int8Place& place, void* scratch) {
    for (std::int64_t i = 0; i < place.rows; ++i) {
      const std::int64_t row = place.row + i;
      const float* factor =
          gates.defined() ? gates.const_data_ptr<float>() + row / rows_per_group * n + place.column : nullptr;
      cpu::row_kernels().add_gated(to + row * n + place.column,
                                   static_cast<char*>(scratch) + i * place.columns * element,
                                   storage_of(type), 1, place.columns, factor);
    }
  });
}

}  // namespace turbodiff::ops
