#include "ops/cpu/packed_keys.h"

#include <ATen/ATen.h>

#include <vector>

#include "ops/mean_over_tokens.h"
#include "ops/parallel.h"

namespace turbodiff::ops::cpu {

namespace {

const std::uint16_t* head_rows(const at::Tensor& x, std::int64_t head, std::int64_t row) {
  const std::int64_t b = head / x.size(2), h = head % x.size(2);
  return reinterpret_cast<const std::uint16_t*>(x.const_data_ptr<c10::BFloat16>()) + b * x.stride(0) +
         row * x.stride(1) + h * x.stride(2);
}

}  // namespace

PackedKeys::PackedKeys(const at::Tensor& k, const at::Tensor& v, std::int64_t block_rows, bool int8)
    : rows_(*blocked_rows()),
      heads_(k.size(0) * k.size(2)),
      length_(k.size(1)),
      d_(k.size(3)),
      block_rows_(block_rows),
      blocks_((k.size(1) + block_rows - 1) / block_rows),
      int8_(int8) {
  const std::vector<std::int64_t> shape{heads_, blocks_, block_rows_ * d_};
  keys_ = at::empty(shape, int8 ? at::kChar : at::kBFloat16);
  values_ = at::empty(shape, at::kBFloat16);
  if (int8) pack_int8(k);
  auto* keys = int8 ? nullptr : reinterpret_cast<std::uint32_t*>(keys_.mutable_data_ptr<c10::BFloat16>());
  auto* values = reinterpret_cast<std::uint16_t*>(values_.mutable_data_ptr<c10::BFloat16>());
  parallel_for(0, heads_ * blocks_, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t head = i / blocks_, block = i % blocks_, row = block * block_rows_;
      if (!int8_)
        rows_.transpose_units(reinterpret_cast<const std::uint32_t*>(head_rows(k, head, row)),
                              k.stride(1) / 2, rows_of(block), d_ / 2, keys + i * block_rows_ * d_ / 2,
                              block_rows_);
      rows_.interleave_pairs(head_rows(v, head, row), v.stride(1), rows_of(block), d_,
                             values + i * block_rows_ * d_);
    }
  });
}

void PackedKeys::pack_int8(const at::Tensor& k) {
  scales_ = at::empty({heads_, blocks_}, at::kFloat);
  offsets_ = at::empty({heads_, blocks_, block_rows_}, at::kInt);
  const at::Tensor mean = mean_over_tokens(k).to(at::kBFloat16).to(at::kFloat).contiguous();  // [B, 1, H, D]
  auto* keys = reinterpret_cast<std::uint32_t*>(keys_.mutable_data_ptr<std::int8_t>());
  auto* scales = scales_.mutable_data_ptr<float>();
  auto* offsets = offsets_.mutable_data_ptr<std::int32_t>();
  const auto* means = mean.const_data_ptr<float>();
  parallel_for(0, heads_ * blocks_, 1, [&](std::int64_t first, std::int64_t last) {
    std::vector<std::uint32_t> units(static_cast<std::size_t>(block_rows_ * d_ / 4));
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t head = i / blocks_, block = i % blocks_, count = rows_of(block);
      scales[i] =
          rows_.quantise_block(head_rows(k, head, block * block_rows_), k.stride(1), count, d_,
                               means + head * d_, 0, reinterpret_cast<std::uint8_t*>(units.data()), d_);
      const auto* rows = reinterpret_cast<const std::int8_t*>(units.data());
      for (std::int64_t row = 0; row < count; ++row) {
        std::int32_t sum = 0;
        for (std::int64_t c = 0; c < d_; ++c) sum += rows[row * d_ + c];
        offsets[i * block_rows_ + row] = 128 * sum;
      }
      rows_.transpose_units(units.data(), d_ / 4, count, d_ / 4, keys + i * block_rows_ * d_ / 4,
                            block_rows_);
    }
  });
}

}  // namespace turbodiff::ops::cpu
