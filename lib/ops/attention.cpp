#include "ops/attention.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/signals.h"
#include "ops/cpu/blocked_attention.h"
#include "ops/cpu/blocked_rows.h"
#include "ops/one_thread.h"

namespace turbodiff::ops {

namespace {

/// Queries handled in one call on the CPU: so many that slicing costs nothing, so few that an interrupt is
/// seen soon.
constexpr std::int64_t slice_length = 8192;

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

  std::optional<OneThread> alone;
  if (q.size(1) < few_rows) alone.emplace();
  const bool mask_has_rows = mask && mask->size(-2) > 1;
  if (q.size(1) <= 2 * slice_length || mask_has_rows) return attend(q, k, v, mask, scale);
  at::Tensor out = at::empty({q.size(0), q.size(1), q.size(2), v.size(3)}, q.options());
  for (std::int64_t first = 0; first < q.size(1); first += slice_length) {
    core::throw_if_interrupted();
    const std::int64_t count = std::min(slice_length, q.size(1) - first);
    out.narrow(1, first, count).copy_(attend(q.narrow(1, first, count), k, v, mask, scale));
  }
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
