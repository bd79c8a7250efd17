// One generation with every value resolved: what the pipeline runs and a recipe records.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "spec/choices.h"
#include "spec/device.h"
#include "spec/model_defaults.h"
#include "spec/request_options.h"
#include "spec/resolution.h"

namespace turbodiff::spec {

/// Made by resolve(), so its values are valid together. A recipe of it (options_of()) resolves to the same
/// request.
struct GenerationRequest {
  std::string prompt;  ///< as the user wrote it, UTF-8, before cleaning

  int steps = 4;
  Sampler sampler = Sampler::rcm;  ///< never automatic
  std::uint64_t seed = 0;          ///< of the first sample; sample i has seed + i
  bool seed_was_drawn = false;
  int num_samples = 1;
  bool grid = false;  ///< samples side by side in one file
  double sigma_max = 80;
  Rng rng = Rng::cpu;
  std::optional<std::filesystem::path> noise;

  Size size;        ///< pixels, multiples of 16
  int frames = 81;  ///< 4k+1
  int fps = 16;

  Attention attention = Attention::automatic;
  double sla_topk = 0.1;
  std::optional<QuantLinear> quant_linear;  ///< nothing: automatic where the checkpoint has int8 layers
  bool default_norm = false;

  std::optional<std::filesystem::path> image;
  double boundary = 0.9;
  bool ode = false;
  bool adaptive_resolution = false;  ///< `size` is then the target area

  DeviceChoice device;
  Precision dtype = Precision::automatic;
  int threads = 0;  ///< 0: every core allowed

  std::string output;  ///< template of the file's name (output_name.h); empty: the default name
  bool force = false;
  std::optional<std::string> save_latents;   ///< template
  std::optional<std::string> contact_sheet;  ///< template

  /// How many files are written.
  int file_count() const { return grid ? 1 : num_samples; }
};

/// A random number from the system's entropy, below 2^53 so that every JSON reader preserves it.
std::uint64_t draw_seed();

/// Fills values that were not given from the tier and the model's defaults, and checks that all values fit
/// together. Error bad_request with every problem in one line. `draw` gives the seed for -1.
GenerationRequest resolve(const RequestOptions& options, const ModelDefaults& defaults,
                          const std::function<std::uint64_t()>& draw = draw_seed);

/// The request as complete options: resolve() of them gives the same request whatever the defaults. The model
/// is not part of it.
RequestOptions options_of(const GenerationRequest& request);

}  // namespace turbodiff::spec
