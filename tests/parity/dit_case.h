// One evaluation of a diffusion transformer, shared by the folders that have such cases.
#pragma once

#include <optional>

#include "model/wan_dit.h"
#include "parity/golden.h"

namespace turbodiff::parity {

struct DitInputs {
  at::Tensor x, timesteps, context;
};

/// What shapes do not tell, from the manifest, and how to run.
struct DitSettings {
  std::int64_t heads = 0;
  std::optional<double> eps;
  model::SelfAttention attention = {};
};

/// With its linear layers as the checkpoint has them.
at::Tensor run_dit(const fs::path& checkpoint, const DitSettings& settings, at::ScalarType type,
                   const DitInputs& inputs, model::Trace* trace = nullptr);
/// The same where `run` is exact, else with the layers that `generate` would run.
at::Tensor run_dit(const fs::path& checkpoint, const DitSettings& settings, const Run& run,
                   const DitInputs& inputs);

}  // namespace turbodiff::parity
