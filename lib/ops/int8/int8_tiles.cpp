#include "ops/int8/int8_tiles.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/error.h"
#include "ops/rows.h"

namespace turbodiff::ops {

using cpu::int8_block;
using cpu::int8_panel;

Int8Tiles::Int8Tiles(const Int8Input& x, const Int8Weight& weight, const at::Tensor& bias,
                     at::ScalarType type)
    : x_(x),
      weight_(weight),
      bias_(bias.defined() ? bias.to(at::kFloat).contiguous() : bias),
      type_(storage_of(type)),
      rows_(c10::multiply_integers(x.shape_.begin(), x.shape_.end() - 1)),
      n_(weight.n_) {
  require_fit(x, weight);
}

void Int8Tiles::require_fit(const Int8Input& x, const Int8Weight& weight) {
  if (x.shape_.back() != weight.k_)
    throw Error::bad_request(
        fmt::format("an int8 layer of {} inputs was given {}", weight.k_, x.shape_.back()));
}

std::pair<Int8Input, Int8Blocks> Int8Tiles::make_input(std::vector<std::int64_t> shape, at::ScalarType type) {
  Int8Input input;
  const std::int64_t k_blocks = ceil_div(shape.back(), int8_block);
  const std::int64_t row_blocks =
      ceil_div(c10::multiply_integers(shape.begin(), shape.end() - 1), int8_block);
  input.shape_ = std::move(shape);
  input.type_ = type;
  input.values_ = at::empty({row_blocks, k_blocks, int8_block, int8_block}, at::kByte);
  input.scales_ = at::empty({row_blocks, k_blocks}, at::kFloat);
  const Int8Blocks blocks{input.values_.mutable_data_ptr<std::uint8_t>(),
                          input.scales_.mutable_data_ptr<float>(), k_blocks};
  return {std::move(input), blocks};
}

void Int8Tiles::multiply(const Int8Place& place, const Int8Target& target, float* sum) const {
  const cpu::Int8Rows& kernels = *cpu::int8_rows();
  const std::int64_t k_blocks = x_.values_.size(1), block = place.row / int8_block;
  const std::int64_t element = type_ == cpu::Storage::f32 ? 4 : 2;
  cpu::Int8Tile tile{.x = x_.values_.const_data_ptr<std::uint8_t>() + place.row * k_blocks * int8_block,
                     .rows = place.rows,
                     .k_blocks = k_blocks,
                     .x_scale = x_.scales_.const_data_ptr<float>() + block * k_blocks,
                     .sum = sum};
  for (std::int64_t done = 0; done < place.columns; done += int8_panel) {
    const std::int64_t column = place.column + done, panel = column / int8_panel;
    tile.weight = weight_.values_.const_data_ptr<std::int8_t>() + panel * k_blocks * int8_block * int8_panel;
    tile.offset = weight_.offsets_.const_data_ptr<std::int32_t>() + panel * k_blocks * int8_panel;
    tile.weight_scale = weight_.scales_.const_data_ptr<float>() + column / int8_block * k_blocks;
    kernels.multiply(tile);
    kernels.store(sum, tile.rows, std::min(int8_panel, place.columns - done),
                  bias_.defined() ? bias_.const_data_ptr<float>() + column : nullptr,
                  static_cast<char*>(target.first) + done * element, type_, target.ld);
  }
}

}  // namespace turbodiff::ops
