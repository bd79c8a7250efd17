#include "pipeline/components.h"

#include <fmt/format.h>

#include <memory>
#include <span>

#include "core/error.h"
#include "model/umt5_encoder.h"
#include "model/wan_dit.h"
#include "model/wan_vae.h"

namespace turbodiff::pipeline {

namespace {

using model::Parameters, model::TensorLog;

/// Builds a network of tensors that are only looked up.
template <typename Build>
TensorLog look_up(const weights::Checkpoint& checkpoint, Build&& build) {
  const auto log = std::make_shared<TensorLog>();
  build(Parameters::looking_up(checkpoint, log));
  return *log;
}

void require_all_tensors(const Components& components, const model::ConfigOverrides& overrides) {
  look_up(components.dit, [&](const Parameters& parameters) {
    model::WanDit(parameters, components.dit_config);
  }).require_all();
  const TensorLog vae = look_up(components.vae, [&](const Parameters& parameters) {
    model::WanVae(parameters, components.vae_config, model::WanVae::Parts::decoder);
  });
  // A stage that is missing as a whole makes what follows it misfit, and is the better thing to say.
  if (vae.misses_any()) vae.require_all();
  model::require_vae_layout(components.vae, overrides);
  vae.require_all();
  look_up(components.text_encoder, [&](const Parameters& parameters) {
    model::Umt5Encoder(parameters, components.text_config).look_up();
  }).require_all();
}

void require_vocabulary(const Components& components, const spec::ModelFiles& files) {
  const auto pieces = static_cast<std::int64_t>(components.tokenizer.vocab_size());
  if (pieces <= components.text_config.vocab) return;
  throw Error::bad_request(
      fmt::format("the tokenizer '{}' has {} pieces, and '{}' has embeddings for {}",
                  (files.tokenizer.empty() ? files.text_encoder : files.tokenizer).string(), pieces,
                  files.text_encoder.string(), components.text_config.vocab),
      "use the tokenizer that belongs to the text encoder");
}

}  // namespace

Components open_components(const spec::ModelFiles& files) {
  using weights::Checkpoint, weights::Component;
  Checkpoint dit = Checkpoint::open(files.dit, Component::dit);
  Checkpoint vae = Checkpoint::open(files.vae, Component::vae);
  Checkpoint text_encoder = Checkpoint::open(files.text_encoder, Component::text_encoder);
  const auto overrides = model::read_config_overrides(files.config);
  const auto dit_config = model::infer_dit_config(dit, overrides);
  const auto vae_config = model::infer_vae_config(vae);
  const auto text_config = model::infer_text_encoder_config(text_encoder, overrides);
  text::Tokenizer tokenizer = open_tokenizer(files, text_encoder);
  Components components{std::move(dit), std::move(vae), std::move(text_encoder), dit_config,
                        vae_config,     text_config,    std::move(tokenizer)};

  if (components.text_config.dim != components.dit_config.text_dim)
    throw Error::bad_request(
        fmt::format("'{}' gives text of width {}, '{}' takes {}", files.text_encoder.string(),
                    components.text_config.dim, files.dit.string(), components.dit_config.text_dim),
        "use the text encoder that belongs to the transformer (Wan2.1: umT5-xxl)");
  if (components.vae_config.z_dim != components.dit_config.out_dim)
    throw Error::bad_request(
        fmt::format("'{}' decodes latents of {} channels, '{}' makes {}", files.vae.string(),
                    components.vae_config.z_dim, files.dit.string(), components.dit_config.out_dim),
        "use the VAE that belongs to the transformer");
  if (components.dit_config.in_dim != components.dit_config.out_dim)
    throw Error::bad_request(
        fmt::format("'{}' takes {} channels: it is an image-to-video transformer, which this "
                    "version cannot run",
                    files.dit.string(), components.dit_config.in_dim),
        "use a text-to-video checkpoint");
  require_all_tensors(components, overrides);
  require_vocabulary(components, files);
  return components;
}

text::Tokenizer open_tokenizer(const spec::ModelFiles& files, const weights::Checkpoint& text_encoder) {
  if (!files.tokenizer.empty()) return text::Tokenizer::from_file(files.tokenizer);
  const std::string embedded = text_encoder.embedded_tokenizer();
  if (embedded.empty())
    throw Error::bad_request(
        fmt::format("there is no tokenizer: '{}' does not embed one and none is beside it",
                    files.text_encoder.string()),
        "put google/umt5-xxl's spiece.model beside it or pass --tokenizer FILE");
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(embedded.data()), embedded.size());
  return text::Tokenizer::from_bytes(bytes, files.text_encoder.string());
}

}  // namespace turbodiff::pipeline
