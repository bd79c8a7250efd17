// Reads an architecture off the tensor shapes of a checkpoint. Published checkpoints need no side file: their
// head_dim is 128. A `config.json` beside the weights overrides what shapes cannot tell.
#pragma once

#include <filesystem>
#include <optional>

#include "model/wan_config.h"
#include "weights/checkpoint.h"

namespace turbodiff::model {

/// What a `config.json` may state: {"dit": {"num_heads": 4, "eps": 1e-6}} or diffusers'
/// {"num_attention_heads": 12}.
struct ConfigOverrides {
  std::optional<std::int64_t> dit_heads;
  std::optional<double> dit_eps;
};

/// Empty overrides for an empty path. Error bad_request when the file is missing or no JSON object.
ConfigOverrides read_config_overrides(const std::filesystem::path& config_json);

/// Error bad_request naming tensor and file when a tensor is missing or shapes contradict each other, and for
/// checkpoints of kinds this engine cannot run (int8 linears).
DitConfig infer_dit_config(const weights::Checkpoint& checkpoint, const ConfigOverrides& overrides = {});
TextEncoderConfig infer_text_encoder_config(const weights::Checkpoint& checkpoint);
/// Latent channels and compression factors of a Wan2.1 VAE.
VaeConfig infer_vae_config(const weights::Checkpoint& checkpoint);

}  // namespace turbodiff::model
