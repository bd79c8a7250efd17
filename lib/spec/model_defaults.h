// The properties of a model that determine the defaults of a request.
#pragma once

#include <optional>
#include <string>

#include "spec/resolution.h"

namespace turbodiff::spec {

/// Defaults that come with a model: from its config.json, the catalogue, or else those of Wan2.1 at 480p.
struct ModelDefaults {
  Size size{832, 480};  ///< pixels
  /// Name of `size` in resolution.h; empty where it has none, as with the demo model.
  std::string resolution = "480p";
  int frames = 81;
  int fps = 16;
  int steps = 4;
  double sigma_max = 80;          ///< 200 for image-to-video models
  bool image_to_video = false;    ///< needs a picture
  std::optional<bool> distilled;  ///< made for the rcm sampler; nullopt where unknown

  bool operator==(const ModelDefaults&) const = default;
};

}  // namespace turbodiff::spec
