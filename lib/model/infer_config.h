// Infers an architecture from the tensor shapes of a checkpoint. Published checkpoints need no further file:
// their head_dim is 128. What shapes do not determine is stated in a `config.json` beside the weights, or in
// the metadata of a converted file (`turbodiff.config` contains the config.json).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/wan_config.h"
#include "weights/checkpoint.h"

namespace turbodiff::model {

/// What a `config.json` may state: {"dit": {"num_heads": 4, "eps": 1e-6, "num_layers": 5, "patch_size":
/// [1, 2, 2]}, "vae": {"temporal_downsample": [false, true, true]}, "t5": {"num_layers": 2}}, or diffusers'
/// {"num_attention_heads": 12, ...} and Wan's own {"_class_name": "WanModel", "num_heads": 12, ...}.
struct ConfigOverrides {
  std::optional<std::int64_t> dit_heads;
  std::optional<double> dit_eps;
  std::optional<std::int64_t> dit_layers = {};
  std::optional<std::int64_t> dit_freq_dim = {};
  std::optional<std::array<std::int64_t, 3>> dit_patch = {};
  std::optional<std::int64_t> text_layers = {};
  std::optional<std::vector<bool>> vae_temporal = {};  ///< of each change of size of the encoder

  /// These overrides, with those of `other` for what is not stated here.
  ConfigOverrides or_else(const ConfigOverrides& other) const;
};

/// Empty overrides for an empty path. Error bad_request when the file is missing or not a JSON object.
ConfigOverrides read_config_overrides(const std::filesystem::path& config_json);
/// The overrides in JSON text; `where` names it in errors.
ConfigOverrides parse_config_overrides(std::string_view json, const std::string& where);
/// The overrides in the metadata of the file (spec/embedded_config.h).
ConfigOverrides embedded_overrides(const weights::Checkpoint& checkpoint);

/// Error bad_request naming tensor and file when the tensors that show a size are missing, or shapes
/// contradict each other or what is stated, and when the number of heads is unknown: head_dim 128 is assumed
/// only for the widths of published models. The file's metadata take precedence over `overrides`.
DitConfig infer_dit_config(const weights::Checkpoint& checkpoint, const ConfigOverrides& overrides = {});
TextEncoderConfig infer_text_encoder_config(const weights::Checkpoint& checkpoint,
                                            const ConfigOverrides& overrides = {});
/// Latent channels of a Wan2.1 VAE, and the compression of its decoder, which is all that text to video
/// needs.
VaeConfig infer_vae_config(const weights::Checkpoint& checkpoint);
/// Error bad_request when the decoder does not upsample as stated (by default as Wan2.1's, 8x8 pixels and 4
/// frames): then some of its tensors are missing.
void require_vae_layout(const weights::Checkpoint& checkpoint, const ConfigOverrides& overrides = {});

}  // namespace turbodiff::model
