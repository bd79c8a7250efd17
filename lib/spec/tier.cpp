#include "spec/tier.h"

#include <algorithm>

namespace turbodiff::spec {

TierPreset preset_of(Tier tier, const ModelDefaults& defaults) {
  TierPreset preset{defaults.steps, defaults.frames, defaults.size};
  if (tier == Tier::final) return preset;
  if (tier == Tier::draft) preset.steps = std::min(preset.steps, 2);
  if (defaults.resolution.empty()) return preset;
  if (defaults.resolution == "720p") preset.size = *find_resolution("480p", "16:9");
  if (tier == Tier::draft) preset.frames = std::min(preset.frames, 33);
  return preset;
}

}  // namespace turbodiff::spec
