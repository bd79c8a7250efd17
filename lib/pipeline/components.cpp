#include "pipeline/components.h"

#include <fmt/format.h>

#include <span>

#include "core/error.h"

namespace turbodiff::pipeline {

Components open_components(const spec::ModelFiles& files) {
  using weights::Checkpoint, weights::Component;
  Checkpoint dit = Checkpoint::open(files.dit, Component::dit);
  Checkpoint vae = Checkpoint::open(files.vae, Component::vae);
  Checkpoint text_encoder = Checkpoint::open(files.text_encoder, Component::text_encoder);
  const auto overrides = model::read_config_overrides(files.config);
  Components components{std::move(dit), std::move(vae), std::move(text_encoder), {}, {}, {}};
  components.dit_config = model::infer_dit_config(components.dit, overrides);
  components.vae_config = model::infer_vae_config(components.vae);
  components.text_config = model::infer_text_encoder_config(components.text_encoder);

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
