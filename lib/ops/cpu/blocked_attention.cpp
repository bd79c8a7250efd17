#include "ops/cpu/blocked_attention.h"

#include <ATen/ATen.h>
#include <ATen/native/CPUBlas.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "core/os/signals.h"
#include "ops/cpu/blocked_rows.h"
#include "ops/cpu/linear_branch.h"
#include "ops/cpu/packed_keys.h"
#include "ops/parallel.h"

namespace turbodiff::ops::cpu {

namespace {

using at::native::cpublas::brgemm;

/// Keys whose scores are held at a time: 128 x 256 of them and the packed keys and values fit the L2 cache.
constexpr std::int64_t tile_keys = 256;
constexpr std::int64_t dense_q_rows = 128;

/// Scratch of one thread and the walk over the key blocks of one block of queries.
class QueryBlock {
 public:
  QueryBlock(const PackedKeys& keys, std::int64_t q_rows)
      : keys_(keys),
        d_(keys.head_dim()),
        queries_(at::empty({q_rows, d_}, at::kBFloat16)),
        queries_u8_(at::empty({keys.int8() ? q_rows * d_ : 0}, at::kByte)),
        scores_(at::empty({q_rows, tile_keys}, at::kFloat)),
        weights_(at::empty({q_rows, tile_keys}, at::kBFloat16)),
        sum_of_values_(at::empty({q_rows, d_}, at::kFloat)),
        features_(at::empty({q_rows, d_}, at::kBFloat16)),
        maximum_(static_cast<std::size_t>(q_rows)),
        sum_(maximum_),
        correction_(maximum_),
        key_scale_(tile_keys) {}

  /// Queries [rows, D] at `q`, `ld` elements from row to row.
  void start(const c10::BFloat16* q, std::int64_t ld, std::int64_t rows) {
    rows_ = rows;
    for (std::int64_t row = 0; row < rows; ++row) std::copy_n(q + row * ld, d_, bf16(queries_) + row * d_);
    if (keys_.int8())
      query_scale_ = keys_.rows().quantise_block(bits(queries_), d_, rows, d_, nullptr, 128,
                                                 queries_u8_.mutable_data_ptr<std::uint8_t>(), d_);
    std::fill_n(maximum_.begin(), rows, -std::numeric_limits<float>::infinity());
    std::fill_n(sum_.begin(), rows, 0.0f);
    std::fill_n(fp32(sum_of_values_), rows * d_, 0.0f);
  }

  /// Takes in `count` (at most tile_keys / block) blocks of head `head`; logits times `scale`, in base 2.
  template <typename BlockAt>
  void attend(std::int64_t head, std::int64_t count, const BlockAt& block_at, float scale,
              const float* bias) {
    const std::int64_t width = keys_.block_rows();
    std::int64_t keys = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t block = block_at(i), here = keys_.rows_of(block);
      score(head, block, i * width, here, scale);
      keys += here;
    }
    SoftmaxTile tile{.rows = rows_,
                     .keys = keys,
                     .ld_scores = tile_keys,
                     .maximum = maximum_.data(),
                     .sum = sum_.data(),
                     .correction = correction_.data(),
                     .weights = bits(weights_)};
    if (keys_.int8())
      keys_.rows().softmax_int8(tile, scores_i32(), keys_offset_.data(), key_scale_.data());
    else
      keys_.rows().softmax(tile, fp32(scores_), scale, bias);
    keys_.rows().scale_rows(fp32(sum_of_values_), d_, rows_, d_, correction_.data());
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t block = block_at(i), even = (keys_.rows_of(block) + 1) / 2 * 2;
      brgemm(rows_, d_, even, tile_keys, d_, d_, true, bf16(weights_) + i * width, keys_.values(head, block),
             fp32(sum_of_values_));
    }
  }

  void finish(const LinearBranch* linear, std::int64_t head, c10::BFloat16* out, std::int64_t ld_out) {
    for (std::int64_t row = 0; row < rows_; ++row) correction_[row] = 1.0f / sum_[row];
    const float* add = nullptr;
    if (linear != nullptr) {
      keys_.rows().scale_rows(fp32(sum_of_values_), d_, rows_, d_, correction_.data());
      keys_.rows().softmax_features(bits(queries_), d_, rows_, d_, linear->sums(head), bits(features_), d_);
      brgemm(rows_, d_, d_, d_, d_, d_, true, bf16(features_), linear->matrix(head), fp32(sum_of_values_));
      std::fill_n(correction_.begin(), rows_, 1.0f);
      add = linear->bias();
    }
    keys_.rows().store_rows(fp32(sum_of_values_), d_, rows_, d_, correction_.data(), add,
                            reinterpret_cast<std::uint16_t*>(out), ld_out);
  }

 private:
  static c10::BFloat16* bf16(at::Tensor& x) { return x.mutable_data_ptr<c10::BFloat16>(); }
  static std::uint16_t* bits(at::Tensor& x) { return reinterpret_cast<std::uint16_t*>(bf16(x)); }
  static float* fp32(at::Tensor& x) { return x.mutable_data_ptr<float>(); }
  std::int32_t* scores_i32() { return reinterpret_cast<std::int32_t*>(fp32(scores_)); }

  void score(std::int64_t head, std::int64_t block, std::int64_t column, std::int64_t here, float scale) {
    const std::int64_t width = keys_.block_rows();
    if (!keys_.int8()) {
      brgemm(rows_, here, d_, d_, width, tile_keys, false, bf16(queries_), keys_.keys(head, block),
             fp32(scores_) + column);
      return;
    }
    brgemm(rows_, here, d_, d_, width, tile_keys, false, queries_u8_.const_data_ptr<std::uint8_t>(),
           keys_.keys_int8(head, block), scores_i32() + column);
    std::copy_n(keys_.offsets(head, block), here, keys_offset_.data() + column);
    std::fill_n(key_scale_.begin() + column, here, scale * query_scale_ * keys_.scale(head, block));
  }

  const PackedKeys& keys_;
  std::int64_t d_, rows_ = 0;
  at::Tensor queries_, queries_u8_, scores_, weights_, sum_of_values_, features_;
  std::vector<float> maximum_, sum_, correction_, key_scale_;
  std::vector<std::int32_t> keys_offset_ = std::vector<std::int32_t>(tile_keys);
  float query_scale_ = 1;
};

/// Walks all blocks of queries of all heads, `blocks_of(head, q_block)` giving (count, list or null for all).
template <typename BlocksOf>
at::Tensor walk(const at::Tensor& q, const PackedKeys& keys, std::int64_t q_rows, double scale,
                const at::Tensor& key_bias, const LinearBranch* linear, const BlocksOf& blocks_of) {
  const std::int64_t batch = q.size(0), length = q.size(1), heads = q.size(2), d = q.size(3);
  at::Tensor out = at::empty({batch, length, heads, d}, q.options());
  const std::int64_t q_blocks = (length + q_rows - 1) / q_rows;
  const std::int64_t at_once = tile_keys / keys.block_rows();
  const auto factor = static_cast<float>(scale * std::numbers::log2e);
  const auto* from = q.const_data_ptr<c10::BFloat16>();
  auto* to = out.mutable_data_ptr<c10::BFloat16>();
  parallel_for(0, batch * heads * q_blocks, 1, [&](std::int64_t first, std::int64_t last) {
    QueryBlock work(keys, std::min(q_rows, length));
    for (std::int64_t task = first; task < last; ++task) {
      core::throw_if_interrupted();
      const std::int64_t head = task / q_blocks, block = task % q_blocks, row = block * q_rows;
      const std::int64_t b = head / heads, h = head % heads;
      work.start(from + b * q.stride(0) + row * q.stride(1) + h * q.stride(2), q.stride(1),
                 std::min(q_rows, length - row));
      const float* bias = key_bias.defined() ? key_bias.const_data_ptr<float>() +
                                                   (key_bias.size(0) > 1 ? b : 0) * key_bias.size(1)
                                             : nullptr;
      const auto [count, list] = blocks_of(head, block);
      for (std::int64_t i = 0; i < count; i += at_once) {
        const auto block_at = [&, listed = list](std::int64_t j) {
          return listed != nullptr ? static_cast<std::int64_t>(listed[i + j]) : i + j;
        };
        work.attend(head, std::min(at_once, count - i), block_at, factor,
                    bias != nullptr ? bias + i * keys.block_rows() : nullptr);
      }
      work.finish(linear, head, to + ((b * length + row) * heads + h) * d, heads * d);
    }
    at::native::cpublas::brgemm_release();
  });
  return out;
}

}  // namespace

bool has_blocked_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  const auto fits = [&](const at::Tensor& x) {
    return x.is_cpu() && x.scalar_type() == at::kBFloat16 && x.stride(-1) == 1 && x.size(3) == q.size(3);
  };
  return q.size(3) % 16 == 0 && q.size(3) <= 512 && fits(q) && fits(k) && fits(v) && k.size(1) > 0 &&
         blocked_rows() != nullptr;
}

at::Tensor blocked_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                             const at::Tensor& key_bias, double scale) {
  const PackedKeys keys(k, v, tile_keys, /*int8=*/false);
  const at::Tensor bias = key_bias.defined() ? (key_bias * std::numbers::log2e).contiguous() : key_bias;
  return walk(q, keys, dense_q_rows, scale, bias, nullptr, [&](std::int64_t, std::int64_t) {
    return std::pair<std::int64_t, const std::int32_t*>(keys.blocks(), nullptr);
  });
}

at::Tensor blocked_sparse_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                    const SparseBlocks& blocks) {
  const PackedKeys keys(k, v, blocks.k_rows, blocks.int8_scores);
  std::optional<LinearBranch> linear;
  if (blocks.linear_weight.defined()) linear.emplace(k, keys, blocks.linear_weight, blocks.linear_bias);
  const at::Tensor chosen = blocks.chosen.contiguous();
  const auto* list = chosen.const_data_ptr<std::int32_t>();
  const std::int64_t q_blocks = chosen.size(2), count = chosen.size(3);
  return walk(q, keys, blocks.q_rows, 1.0 / std::sqrt(static_cast<double>(q.size(3))), {},
              linear ? &*linear : nullptr, [&](std::int64_t head, std::int64_t block) {
                return std::pair<std::int64_t, const std::int32_t*>(count,
                                                                    list + (head * q_blocks + block) * count);
              });
}

}  // namespace turbodiff::ops::cpu
