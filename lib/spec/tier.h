// Quality presets.
#pragma once

#include "spec/choices.h"
#include "spec/model_defaults.h"

namespace turbodiff::spec {

/// What a tier means for a given model.
struct TierPreset {
  int steps = 4;
  int frames = 81;
  Size size;
  bool operator==(const TierPreset&) const = default;
};

/// final: the model's own steps, frames and size; also the result without a tier. standard: the same at 480p
/// for a model of 720p, about a fifth of the work; equal to final for a model of 480p. draft: 2 steps, at
/// most 33 frames (2 s) and 480p: to judge a prompt or a seed, about an eighth of standard. A model without a
/// named resolution, such as the demo, supports one size and length: only its steps change.
/// steps change.
TierPreset preset_of(Tier tier, const ModelDefaults& defaults);

}  // namespace turbodiff::spec
