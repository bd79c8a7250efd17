// Keys and values of all heads, laid out for oneDNN's products block by block. Internal to lib/ops.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>

#include "ops/cpu/blocked_rows.h"

namespace turbodiff::ops::cpu {

/// k, v [B, S, H, D] bf16, in blocks of `block_rows` (even) rows; heads are counted b * H + h. With `int8`
/// keys are smoothed by their mean over all rows (rounded to bf16, as the reference running in bf16 does) and
/// quantised with one scale a block.
class PackedKeys {
 public:
  PackedKeys(const at::Tensor& k, const at::Tensor& v, std::int64_t block_rows, bool int8);

  std::int64_t heads() const { return heads_; }
  std::int64_t head_dim() const { return d_; }
  std::int64_t block_rows() const { return block_rows_; }
  std::int64_t blocks() const { return blocks_; }
  std::int64_t length() const { return length_; }
  /// Rows of a block: fewer in the last one.
  std::int64_t rows_of(std::int64_t block) const {
    return std::min(block_rows_, length_ - block * block_rows_);
  }
  bool int8() const { return int8_; }
  const BlockedRows& rows() const { return rows_; }

  /// [D / 2, block_rows, 2]
  const c10::BFloat16* keys(std::int64_t head, std::int64_t block) const {
    return keys_.const_data_ptr<c10::BFloat16>() + index(head, block) * block_rows_ * d_;
  }
  /// [D / 4, block_rows, 4]
  const signed char* keys_int8(std::int64_t head, std::int64_t block) const {
    return reinterpret_cast<const signed char*>(keys_.const_data_ptr<std::int8_t>()) +
           index(head, block) * block_rows_ * d_;
  }
  /// [block_rows / 2, D, 2]
  const c10::BFloat16* values(std::int64_t head, std::int64_t block) const {
    return values_.const_data_ptr<c10::BFloat16>() + index(head, block) * block_rows_ * d_;
  }
  float scale(std::int64_t head, std::int64_t block) const {
    return scales_.const_data_ptr<float>()[index(head, block)];
  }
  /// 128 * sum over D of each quantised key: what a zero point of 128 in the queries adds to its scores.
  const std::int32_t* offsets(std::int64_t head, std::int64_t block) const {
    return offsets_.const_data_ptr<std::int32_t>() + index(head, block) * block_rows_;
  }

 private:
  std::int64_t index(std::int64_t head, std::int64_t block) const { return head * blocks_ + block; }
  void pack_int8(const at::Tensor& k);

  const BlockedRows& rows_;
  std::int64_t heads_, length_, d_, block_rows_, blocks_;
  bool int8_;
  at::Tensor keys_, values_, scales_, offsets_;
};

}  // namespace turbodiff::ops::cpu
