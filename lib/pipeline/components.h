// A model's files, opened and validated from their headers alone; nothing large is read here.
#pragma once

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
  text::Tokenizer tokenizer;
};

/// Opens the checkpoints and the tokenizer, infers the architectures, and looks up every tensor that text to
/// video will use: name, shape and element type. Error bad_request when a file is missing, damaged, not what
/// it should be, or lacks a tensor, or when the parts do not belong together (text width, latent channels,
/// vocabulary). A model that passes does not fail later because of its files, after gigabytes have been read.
Components open_components(const spec::ModelFiles& files);

/// The tokenizer file, or the one embedded in the text encoder. Error bad_request when there is neither,
/// naming both.
text::Tokenizer open_tokenizer(const spec::ModelFiles& files, const weights::Checkpoint& text_encoder);

}  // namespace turbodiff::pipeline
