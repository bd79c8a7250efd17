#include "ops/cpu/linear_branch.h"

#include <ATen/ATen.h>
#include <ATen/native/CPUBlas.h>

#include <vector>

#include "ops/aligned.h"
#include "ops/one_thread.h"
#include "ops/parallel.h"

namespace turbodiff::ops::cpu {

namespace {
/// Blocks of keys summed up by one task: fixed, so that sums do not depend on the number of threads.
constexpr std::int64_t blocks_of_task = 64;
}  // namespace

LinearBranch::LinearBranch(const at::Tensor& k, const PackedKeys& keys, const at::Tensor& weight,
                           const at::Tensor& bias)
    : d_(keys.head_dim()), bias_(bias.to(at::kFloat).contiguous()) {
  const BlockedRows& rows = keys.rows();
  const std::int64_t heads = keys.heads(), block_rows = keys.block_rows();
  const std::int64_t tasks = (keys.blocks() + blocks_of_task - 1) / blocks_of_task;
  at::Tensor sums = at::zeros({heads, tasks, d_}, at::kFloat);
  at::Tensor products = at::zeros({heads, tasks, d_, d_}, at::kFloat);  // phi(k)^T v
  const auto* from = reinterpret_cast<const std::uint16_t*>(k.const_data_ptr<c10::BFloat16>());
  auto* sum = sums.mutable_data_ptr<float>();
  auto* product = products.mutable_data_ptr<float>();
  parallel_for(0, heads * tasks, 1, [&](std::int64_t first, std::int64_t last) {
    std::vector<std::uint16_t> features(static_cast<std::size_t>(block_rows * d_)), flipped(features.size());
    for (std::int64_t task = first; task < last; ++task) {
      const std::int64_t head = task / tasks, begin = task % tasks * blocks_of_task;
      const std::int64_t b = head / k.size(2), h = head % k.size(2);
      for (std::int64_t block = begin; block < std::min(begin + blocks_of_task, keys.blocks()); ++block) {
        const std::int64_t count = keys.rows_of(block), even = (count + 1) / 2 * 2;
        rows.softmax_features(from + b * k.stride(0) + block * block_rows * k.stride(1) + h * k.stride(2),
                              k.stride(1), count, d_, nullptr, features.data(), d_);
        rows.add_columns(features.data(), d_, count, d_, sum + task * d_);
        rows.transpose(features.data(), d_, count, d_, flipped.data(), block_rows);
        at::native::cpublas::brgemm(d_, d_, even, block_rows, d_, d_, true,
                                    reinterpret_cast<const c10::BFloat16*>(flipped.data()),
                                    keys.values(head, block), product + task * d_ * d_);
      }
    }
    at::native::cpublas::brgemm_release();
  });
  const OneThread alone;
  sums_ = sums.sum(1).contiguous();
  const at::Tensor folded = at::matmul(products.sum(1), aligned(weight.to(at::kFloat)).t())
                                .to(at::kBFloat16)
                                .contiguous();  // [heads, D, D]
  matrices_ = at::empty_like(folded);
  for (std::int64_t head = 0; head < heads; ++head)
    rows.interleave_pairs(
        reinterpret_cast<const std::uint16_t*>(folded.const_data_ptr<c10::BFloat16>()) + head * d_ * d_, d_,
        d_, d_,
        reinterpret_cast<std::uint16_t*>(matrices_.mutable_data_ptr<c10::BFloat16>()) + head * d_ * d_);
}

}  // namespace turbodiff::ops::cpu
