#include "ops/sage_quantise.h"

#include <ATen/ATen.h>

#include "ops/mean_over_tokens.h"

namespace turbodiff::ops {

SageBlocks sage_quantise(const at::Tensor& x, std::int64_t rows) {
  const std::int64_t batch = x.size(0), length = x.size(1), heads = x.size(2), d = x.size(3);
  const std::int64_t blocks = (length + rows - 1) / rows;
  const at::Tensor padded = at::constant_pad_nd(x.to(at::kFloat), {0, 0, 0, 0, 0, blocks * rows - length})
                                .view({batch, blocks, rows, heads, d});
  const at::Tensor scales = padded.abs().amax({2, 4}) / 127.0f + 1e-7f;  // [B, blocks, H]
  const at::Tensor ratio = padded / scales.view({batch, blocks, 1, heads, 1});
  const at::Tensor half =
      at::where(ratio >= 0, at::full({}, 0.5f, ratio.options()), at::full({}, -0.5f, ratio.options()));
  const at::Tensor values = (ratio + half).trunc().to(at::kChar);
  return {values.view({batch, blocks * rows, heads, d}).narrow(1, 0, length),
          scales.transpose(1, 2).contiguous()};
}

at::Tensor sage_smooth(const at::Tensor& k) {
  const at::Tensor mean = mean_over_tokens(k).to(k.scalar_type());
  return (k.to(at::kFloat) - mean.to(at::kFloat)).to(k.scalar_type());
}

}  // namespace turbodiff::ops
