// A model's files, opened and understood from their headers alone; nothing large is read here.
#pragma once

#include <optional>

#include "model/infer_config.h"
#include "model/wan_config.h"
#include "spec/model_files.h"
#include "text/tokenizer.h"
#include "weights/checkpoint.h"

namespace turbodiff::pipeline {

struct Components {
  weights::Checkpoint dit, vae, text_encoder;
  model::DitConfig dit_config;
  model::VaeConfig vae_config;
  model::TextEncoderConfig text_config;
};

/// Opens the checkpoints and infers their architectures. Error bad_request when a file is missing, damaged,
/// not what it should be, or when the parts do not belong together (text width, latent channels).
Components open_components(const spec::ModelFiles& files);

/// The tokenizer file, or the one embedded in the text encoder. Error bad_request when there is neither,
/// naming both.
text::Tokenizer open_tokenizer(const spec::ModelFiles& files, const weights::Checkpoint& text_encoder);

}  // namespace turbodiff::pipeline
