#include "ops/patchify.h"

#include <ATen/ATen.h>

namespace turbodiff::ops {

at::Tensor patchify(const at::Tensor& x, const PatchSize& patch) {
  const auto [kt, kh, kw] = patch;
  const std::int64_t t = x.size(2) / kt, h = x.size(3) / kh, w = x.size(4) / kw;
  return x.reshape({x.size(0), x.size(1), t, kt, h, kh, w, kw})
      .permute({0, 2, 4, 6, 1, 3, 5, 7})
      .reshape({x.size(0), t * h * w, x.size(1) * kt * kh * kw});
}

at::Tensor unpatchify(const at::Tensor& tokens, const PatchSize& patch, std::int64_t frames,
                      std::int64_t height, std::int64_t width) {
  const auto [kt, kh, kw] = patch;
  const std::int64_t channels = tokens.size(2) / (kt * kh * kw);
  return tokens.reshape({tokens.size(0), frames / kt, height / kh, width / kw, kt, kh, kw, channels})
      .permute({0, 7, 1, 4, 2, 5, 3, 6})
      .reshape({tokens.size(0), channels, frames, height, width});
}

}  // namespace turbodiff::ops
