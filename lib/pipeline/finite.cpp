#include "pipeline/finite.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/retry.h"

namespace turbodiff::pipeline {

bool is_finite(const at::Tensor& values) {
  return at::isfinite(values).all().item<bool>();
}

void require_finite(const at::Tensor& values, const std::string& what, const Runtime& runtime,
                    model::LinearKind linear) {
  if (is_finite(values)) return;
  const std::int64_t nan = at::isnan(values).sum().item<std::int64_t>();
  const std::int64_t infinite = at::isinf(values).sum().item<std::int64_t>();
  std::string hint =
      "the model's files or the noise hold such values: get the model again, or leave --noise out";
  if (linear == model::LinearKind::int8) hint = "use --quant-linear=off; if that does not help, " + hint;
  if (runtime.type == at::kHalf)
    hint = "fp16 ends at 65504: use --dtype bf16 or fp32; if that does not help, " + hint;
  throw LastingError(
      Error::work_failed(fmt::format("{} gave values that are not numbers ({} NaN and {} infinite of {})",
                                     what, nan, infinite, values.numel()),
                         hint));
}

}  // namespace turbodiff::pipeline
