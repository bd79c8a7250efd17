#include "ops/attention.h"

#include <ATen/ATen.h>

#include <cmath>

#include "core/os/signals.h"
#include "ops/cpu/blocked_attention.h"
#include "ops/cpu/blocked_rows.h"
#include "ops/parallel.h"

namespace turbodiff::ops {

namespace {

/// Queries of one head that one thread takes at a time: so many that LibTorch works in its largest blocks, so
/// few that there is work for many threads and an interrupt is seen soon.
constexpr std::int64_t tile_queries = 768;

at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  const std::optional<at::Tensor>& mask, std::optional<double> scale) {
  return at::scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), mask,
                                          /*dropout_p=*/0.0, /*is_causal=*/false, scale)
      .transpose(1, 2);
}

}  // namespace

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& bias,
                     std::optional<double> scale) {
  std::optional<at::Tensor> mask;
  if (bias.defined()) mask = q.is_cpu() ? bias : bias.to(q.scalar_type());
  if (!q.is_cpu()) return attend(q, k, v, mask, scale);
  const bool bias_of_keys = !mask || (mask->dim() == 4 && mask->size(1) == 1 && mask->size(2) == 1);
  if (bias_of_keys && cpu::has_blocked_attention(q, k, v))
    return cpu::blocked_attention(q, k, v, mask ? mask->select(1, 0).select(1, 0) : at::Tensor(),
                                  scale.value_or(1.0 / std::sqrt(static_cast<double>(q.size(3)))));

  // LibTorch divides a head by the number of threads, and packs keys by it: each tile has one of its own.
  at::Tensor out = at::empty({q.size(0), q.size(1), q.size(2), v.size(3)}, q.options());
  const Parts parts = Parts::of(q.size(1), tile_queries);
  if (mask) mask = mask->expand({q.size(0), q.size(2), mask->size(-2), k.size(1)});
  parallel_tiles(q.size(0) * q.size(2) * parts.count, [&](std::int64_t tile) {
    core::throw_if_interrupted();
    const std::int64_t part = tile % parts.count, head = tile / parts.count;
    const std::int64_t b = head / q.size(2), h = head % q.size(2);
    const auto of_head = [&](const at::Tensor& x) { return x.narrow(0, b, 1).narrow(2, h, 1); };
    const auto of_part = [&](const at::Tensor& x, std::int64_t dim) {
      return x.narrow(dim, parts.first(part), parts.size_of(part));
    };
    std::optional<at::Tensor> here;
    if (mask) {
      here = mask->narrow(0, b, 1).narrow(1, h, 1);
      if (here->size(2) > 1) here = of_part(*here, 2);
    }
    of_part(of_head(out), 1).copy_(attend(of_part(of_head(q), 1), of_head(k), of_head(v), here, scale));
  });
  return out;
}

bool has_fast_attention() {
  return cpu::blocked_rows() != nullptr;
}

namespace reference {
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& bias,
                     std::optional<double> scale) {
  const auto wide = [](const at::Tensor& x) { return x.transpose(1, 2).to(at::kDouble); };
  at::Tensor logits = at::matmul(wide(q), wide(k).transpose(-1, -2)) *
                      scale.value_or(1.0 / std::sqrt(static_cast<double>(q.size(-1))));
  if (bias.defined()) logits = logits + bias;
  return at::matmul(at::softmax(logits, -1), wide(v)).transpose(1, 2).to(q.scalar_type());
}
}  // namespace reference

}  // namespace turbodiff::ops
