#include "ops/block_map.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "ops/mean_over_tokens.h"
#include "ops/one_thread.h"

namespace turbodiff::ops {

namespace {

/// Mean over each block of rows: [B, L, H, D] -> [B, H, blocks, D] fp32.
at::Tensor block_means(const at::Tensor& x, std::int64_t rows) {
  const std::int64_t batch = x.size(0), length = x.size(1), heads = x.size(2), d = x.size(3);
  const std::int64_t whole = length / rows, rest = length % rows;
  std::vector<at::Tensor> means;
  if (whole > 0)
    means.push_back(
        x.narrow(1, 0, whole * rows).unflatten(1, {whole, rows}).mean({2}, /*keepdim=*/false, at::kFloat));
  if (rest > 0) means.push_back(x.narrow(1, whole * rows, rest).mean({1}, /*keepdim=*/true, at::kFloat));
  return at::cat(means, 1).view({batch, -1, heads, d}).transpose(1, 2);
}

}  // namespace

std::int64_t kept_blocks(std::int64_t blocks, double topk) {
  if (topk >= 1) return blocks;
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(topk * static_cast<double>(blocks)), 1, blocks);
}

at::Tensor pooled_scores(const at::Tensor& q, const at::Tensor& k, const BlockTiling& tiling) {
  const at::Tensor mean = mean_over_tokens(k).transpose(1, 2);  // [B, H, 1, D]
  // Sums of few rows must not be split by the number of threads.
  const OneThread alone;
  return at::matmul(block_means(q, tiling.q_rows), (block_means(k, tiling.k_rows) - mean).transpose(-1, -2));
}

at::Tensor block_map(const at::Tensor& q, const at::Tensor& k, const BlockTiling& tiling, double topk) {
  const at::Tensor scores = pooled_scores(q, k, tiling);
  const std::int64_t kept = kept_blocks(scores.size(-1), topk);
  if (kept == scores.size(-1))
    return at::arange(kept, scores.options().dtype(at::kInt))
        .expand({scores.size(0), scores.size(1), scores.size(2), kept});
  const at::Tensor order = std::get<1>(at::sort(scores, /*stable=*/true, /*dim=*/-1, /*descending=*/true));
  return std::get<0>(at::sort(order.narrow(-1, 0, kept), /*dim=*/-1)).to(at::kInt);
}

}  // namespace turbodiff::ops
