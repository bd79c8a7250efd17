// Non-finite values end a generation where they appear, instead of giving a black video.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "model/linear.h"
#include "pipeline/runtime.h"

namespace turbodiff::pipeline {

bool is_finite(const at::Tensor& values);

/// Checks a network's values, which `what` names: "step 2 of 4". LastingError work_failed, with what may
/// help, where they contain NaN or infinities.
void require_finite(const at::Tensor& values, const std::string& what, const Runtime& runtime,
                    model::LinearKind linear = model::LinearKind::plain);

}  // namespace turbodiff::pipeline
