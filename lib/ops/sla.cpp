#include "ops/sla.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/os/signals.h"
#include "ops/aligned.h"
#include "ops/cpu/blocked_attention.h"
#include "ops/device/kernels_for.h"
#include "ops/device/sla.h"
#include "ops/parallel.h"
#include "ops/rms_norm.h"
#include "ops/sage_quantise.h"

namespace turbodiff::ops {

namespace {

at::Tensor features(const at::Tensor& x, FeatureMap map) {
  switch (map) {
    case FeatureMap::softmax:
      return at::softmax(x, -1);
    case FeatureMap::elu:
      return at::elu(x) + 1;
    case FeatureMap::relu:
      return at::relu(x);
  }
  return x;
}

/// phi(q) (phi(k)^T v) / (1e-5 + phi(q) sum phi(k)) for [..., L, D].
at::Tensor linear_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, FeatureMap map) {
  const at::Tensor phi_q = features(q, map), phi_k = features(k, map);
  const at::Tensor divisor = (phi_q * phi_k.sum(-2, /*keepdim=*/true)).sum(-1, /*keepdim=*/true) + 1e-5;
  return at::matmul(phi_q, at::matmul(phi_k.transpose(-1, -2), v)) / divisor;
}

/// Tokens of one tile of the linear branch: its features stay in the cache.
constexpr std::int64_t branch_tokens = 1024;

/// out += W (phi(q) (phi(k)^T v)) / (1e-5 + phi(q) sum phi(k)) + b on the CPU: sums over tokens tile by tile,
/// with W folded into phi(k)^T v, so that neither memory nor threads change with the length.
void add_linear_branch(at::Tensor& out, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                       const SlaProjection& projection, FeatureMap map) {
  const std::int64_t heads = q.size(0) * q.size(2), d = q.size(3);
  const Parts parts = Parts::of(q.size(1), branch_tokens);
  const auto rows = [&](const at::Tensor& x, std::int64_t tile) {
    const std::int64_t head = tile / parts.count, part = tile % parts.count;
    return x.select(0, head / q.size(2))
        .select(1, head % q.size(2))
        .narrow(0, parts.first(part), parts.size_of(part));
  };
  const at::Tensor products = at::empty({heads, parts.count, d, v.size(3)}, at::kFloat),
                   sums = at::empty({heads, parts.count, d}, at::kFloat);
  parallel_tiles(heads * parts.count, [&](std::int64_t tile) {
    core::throw_if_interrupted();
    const at::Tensor phi_k = features(rows(k, tile).to(at::kFloat), map);
    const std::int64_t head = tile / parts.count, part = tile % parts.count;
    products.select(0, head).select(0, part).copy_(
        at::matmul(phi_k.transpose(0, 1), rows(v, tile).to(at::kFloat)));
    sums.select(0, head).select(0, part).copy_(phi_k.sum(0));
  });
  const at::Tensor weight = aligned(projection.weight.to(at::kFloat)).t(),
                   bias = projection.bias.to(at::kFloat);
  const at::Tensor folded = at::empty({heads, d, weight.size(1)}, at::kFloat),
                   sum = at::empty({heads, d, 1}, at::kFloat);
  parallel_tiles(heads, [&](std::int64_t head) {
    folded.select(0, head).copy_(at::matmul(products.select(0, head).sum(0), weight));
    sum.select(0, head).copy_(sums.select(0, head).sum(0).unsqueeze(1));
  });
  parallel_tiles(heads * parts.count, [&](std::int64_t tile) {
    core::throw_if_interrupted();
    const std::int64_t head = tile / parts.count;
    const at::Tensor phi_q = features(rows(q, tile).to(at::kFloat), map);
    const at::Tensor divisor = at::matmul(phi_q, sum.select(0, head)) + 1e-5;
    at::Tensor to = rows(out, tile);
    to.copy_(to.to(at::kFloat) + at::matmul(phi_q, folded.select(0, head)) / divisor + bias);
  });
}

/// Queries and keys as scores are taken from them, and the scale of each block.
struct Operands {
  at::Tensor q, k;              ///< [B, L, H, D]
  at::Tensor q_scale, k_scale;  ///< [B, H, blocks] fp32, undefined without int8
};

Operands operands(const at::Tensor& q, const at::Tensor& k, const SlaOptions& options) {
  if (!options.int8_scores) return {q, k, {}, {}};
  const SageBlocks q8 = sage_quantise(q, options.tiling.q_rows);
  const SageBlocks k8 = sage_quantise(sage_smooth(k), options.tiling.k_rows);
  return {q8.values, k8.values, q8.scales, k8.scales};
}

/// Rows of the blocks in `list`, ascending, of a tensor of `length` rows.
at::Tensor rows_of_blocks(const at::Tensor& list, std::int64_t block_rows, std::int64_t length) {
  const at::Tensor rows =
      (list.to(at::kLong).unsqueeze(1) * block_rows + at::arange(block_rows, list.options().dtype(at::kLong)))
          .flatten();
  const std::int64_t last = list[-1].item<std::int64_t>();
  const std::int64_t missing = std::max<std::int64_t>(0, (last + 1) * block_rows - length);
  return rows.narrow(0, 0, rows.size(0) - missing);
}

/// One block of queries of one head: [rows, D].
at::Tensor attend_gathered(const Operands& from, const at::Tensor& v, const at::Tensor& list, std::int64_t b,
                           std::int64_t h, std::int64_t block, const SlaOptions& options) {
  const std::int64_t length = v.size(1), first = block * options.tiling.q_rows;
  const std::int64_t count = std::min(options.tiling.q_rows, length - first);
  const at::Tensor rows = rows_of_blocks(list, options.tiling.k_rows, length);
  const auto pick = [&](const at::Tensor& x) { return x.select(0, b).select(1, h).index_select(0, rows); };
  const at::Tensor q = from.q.select(0, b).select(1, h).narrow(0, first, count).to(at::kFloat);
  at::Tensor logits = at::matmul(q, pick(from.k).to(at::kFloat).t());
  if (from.q_scale.defined()) {
    const at::Tensor k_scale =
        from.k_scale[b][h].index_select(0, at::floor_divide(rows, options.tiling.k_rows));
    logits = logits * (from.q_scale[b][h][block] * k_scale);
  }
  logits = logits / std::sqrt(static_cast<double>(v.size(3)));
  return at::matmul(at::softmax(logits, -1), pick(v).to(at::kFloat));
}

at::Tensor sparse_gathered(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           const at::Tensor& blocks, const SlaOptions& options) {
  const Operands from = operands(q, k, options);
  at::Tensor out = at::empty(v.sizes(), q.options());
  const std::int64_t heads = blocks.size(1), q_blocks = blocks.size(2);
  const auto body = [&](std::int64_t task) {
    core::throw_if_interrupted();
    const std::int64_t b = task / q_blocks / heads, h = task / q_blocks % heads, block = task % q_blocks;
    const at::Tensor rows = attend_gathered(from, v, blocks[b][h][block], b, h, block, options);
    out.select(0, b).select(1, h).narrow(0, block * options.tiling.q_rows, rows.size(0)).copy_(rows);
  };
  const std::int64_t tasks = blocks.size(0) * heads * q_blocks;
  if (q.is_cpu())
    parallel_tiles(tasks, body);
  else
    for (std::int64_t task = 0; task < tasks; ++task) body(task);
  return out;
}

/// Null where the operators below do the work.
const device::KernelSet* sla_kernels(const at::Tensor& v, const SlaOptions& options) {
  return device::takes_sla(v, options) ? device::kernels_for(v, device::Group::sla) : nullptr;
}
device::ValueType value_type(const at::Tensor& v) {
  return device::kernels_for(v, device::Group::e4m3_values) != nullptr ? device::ValueType::e4m3
                                                                       : device::ValueType::fp16;
}

}  // namespace

at::Tensor sparse_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const at::Tensor& blocks, const SlaOptions& options) {
  if (!cpu::has_blocked_attention(q, k, v)) return sparse_gathered(q, k, v, blocks, options);
  return cpu::blocked_sparse_attention(
      q, k, v,
      {blocks, options.tiling.q_rows, options.tiling.k_rows, options.int8_scores, /*linear_weight=*/{}, {}});
}

at::Tensor sla_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                         const SlaProjection& projection, const SlaOptions& options) {
  if (const device::KernelSet* kernels = sla_kernels(v, options))
    return device::sla(*kernels, q, k, v, projection, options, value_type(v));
  const at::Tensor blocks = block_map(q, k, options.tiling, options.topk);
  if (options.feature_map == FeatureMap::softmax && cpu::has_blocked_attention(q, k, v))
    return cpu::blocked_sparse_attention(q, k, v,
                                         {blocks, options.tiling.q_rows, options.tiling.k_rows,
                                          options.int8_scores, projection.weight, projection.bias});
  at::Tensor out = sparse_attention(q, k, v, blocks, options);
  if (q.is_cpu()) {
    add_linear_branch(out, q, k, v, projection, options.feature_map);
    return out;
  }
  for (std::int64_t h = 0; h < q.size(2); ++h) {  // a head at a time bounds the memory
    const auto head = [&](const at::Tensor& x) { return x.select(2, h).to(at::kFloat); };
    const at::Tensor linear = linear_attention(head(q), head(k), head(v), options.feature_map);
    out.select(2, h).copy_(head(out) + at::matmul(linear, projection.weight.to(at::kFloat).t()) +
                           projection.bias.to(at::kFloat));
  }
  return out;
}

at::Tensor normed_sla_attention(at::Tensor q, at::Tensor k, const at::Tensor& v, const QkNorm& norm,
                                const SlaProjection& projection, const SlaOptions& options) {
  if (const device::KernelSet* kernels = sla_kernels(v, options))
    return device::normed_sla(*kernels, std::move(q), std::move(k), v, norm, projection, options,
                              value_type(v));
  const auto normed = [&](const at::Tensor& x, const at::Tensor& weight) {
    return rms_norm_rope(x.flatten(2), weight, norm.eps, norm.cos, norm.sin).view(x.sizes());
  };
  q = normed(q, norm.q_weight);
  k = normed(k, norm.k_weight);
  return sla_attention(q, k, v, projection, options);
}

namespace reference {

namespace {
at::Tensor wide(const at::Tensor& x) {
  return x.to(at::kDouble).transpose(1, 2);
}
/// Scale of each row's block: [B, H, blocks] -> [B, H, L].
at::Tensor row_scales(const at::Tensor& scales, std::int64_t rows, std::int64_t length) {
  return scales.repeat_interleave(rows, 2).narrow(2, 0, length).to(at::kDouble);
}
}  // namespace

at::Tensor sparse_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const at::Tensor& blocks, const SlaOptions& options) {
  const std::int64_t length = q.size(1), q_rows = options.tiling.q_rows, k_rows = options.tiling.k_rows;
  const std::int64_t k_blocks = (length + k_rows - 1) / k_rows;
  const Operands from = operands(q, k, options);
  at::Tensor logits =
      at::matmul(wide(from.q), wide(from.k).transpose(-1, -2)) / std::sqrt(static_cast<double>(q.size(3)));
  if (from.q_scale.defined())
    logits = logits * row_scales(from.q_scale, q_rows, length).unsqueeze(-1) *
             row_scales(from.k_scale, k_rows, length).unsqueeze(-2);
  const at::Tensor kept = at::zeros({blocks.size(0), blocks.size(1), blocks.size(2), k_blocks}, at::kBool)
                              .scatter_(-1, blocks.cpu().to(at::kLong), true)
                              .repeat_interleave(q_rows, 2)
                              .narrow(2, 0, length)
                              .repeat_interleave(k_rows, 3)
                              .narrow(3, 0, length)
                              .to(q.device());
  logits = logits.masked_fill(kept.logical_not(), -std::numeric_limits<double>::infinity());
  return at::matmul(at::softmax(logits, -1), wide(v)).transpose(1, 2).to(q.scalar_type());
}

at::Tensor linear_branch(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, FeatureMap map) {
  return linear_attention(wide(q), wide(k), wide(v), map);
}

at::Tensor sla_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                         const SlaProjection& projection, const SlaOptions& options) {
  const auto exact = [](const at::Tensor& x) { return x.to(at::kDouble); };
  const at::Tensor blocks = block_map(q, k, options.tiling, options.topk);
  // int8 values are those of the element type given; the rest is exact.
  const at::Tensor sparse = options.int8_scores
                                ? reference::sparse_attention(q.to(at::kFloat), k, exact(v), blocks, options)
                                : reference::sparse_attention(exact(q), exact(k), exact(v), blocks, options);
  const at::Tensor linear =
      at::matmul(linear_branch(q, k, v, options.feature_map), exact(projection.weight).t()) +
      exact(projection.bias);
  return (exact(sparse) + linear.transpose(1, 2)).to(q.scalar_type());
}

}  // namespace reference

}  // namespace turbodiff::ops
