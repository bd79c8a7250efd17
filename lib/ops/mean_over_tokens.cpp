#include "ops/mean_over_tokens.h"

#include <ATen/ATen.h>

#include "ops/one_thread.h"
#include "ops/parallel.h"

namespace turbodiff::ops {

namespace {
constexpr std::int64_t tokens_of_part = 1024;
}  // namespace

at::Tensor mean_over_tokens(const at::Tensor& x) {
  if (!x.is_cpu()) return x.mean({1}, /*keepdim=*/true, at::kFloat);
  const Parts parts = Parts::of(x.size(1), tokens_of_part);
  const at::Tensor sums = at::empty({parts.count, x.size(0), x.size(2), x.size(3)}, at::kFloat);
  parallel_tiles(parts.count, [&](std::int64_t part) {
    sums.select(0, part).copy_(
        x.narrow(1, parts.first(part), parts.size_of(part)).sum({1}, /*keepdim=*/false, at::kFloat));
  });
  const OneThread alone;
  return (sums.sum(0) / static_cast<double>(x.size(1))).unsqueeze(1);
}

}  // namespace turbodiff::ops
