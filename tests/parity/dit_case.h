// One evaluation of a diffusion transformer, shared by the folders that have such cases.
#pragma once

#include <optional>

#include "model/wan_dit.h"
#include "parity/golden.h"

namespace turbodiff::parity {

struct DitInputs {
  at::Tensor x, timesteps, context;
};

/// `heads` from the manifest, as shapes do not tell.
at::Tensor run_dit(const fs::path& checkpoint, std::int64_t heads, std::optional<double> eps,
                   at::ScalarType type, const DitInputs& inputs, model::Trace* trace = nullptr);

}  // namespace turbodiff::parity
