#include "model/infer_config.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace turbodiff::model {

namespace {

constexpr std::int64_t published_head_dim = 128;

[[noreturn]] void contradiction(const weights::Checkpoint& checkpoint, const std::string& what) {
  throw Error::bad_request(fmt::format("'{}': {}", checkpoint.path().string(), what),
                           "this engine runs Wan2.1 text-to-video checkpoints");
}

/// Size `axis` of a tensor that must have `rank` dimensions.
std::int64_t size(const weights::Checkpoint& checkpoint, const std::string& name, std::size_t rank,
                  std::size_t axis) {
  const auto& shape = checkpoint.at(name).shape;
  if (shape.size() != rank)
    contradiction(checkpoint,
                  fmt::format("tensor '{}' has {} dimensions, expected {}", name, shape.size(), rank));
  return shape[axis];
}

}  // namespace

ConfigOverrides read_config_overrides(const std::filesystem::path& config_json) {
  ConfigOverrides overrides;
  if (config_json.empty()) return overrides;
  std::ifstream in(config_json);
  if (!in) throw Error::bad_request(fmt::format("cannot read '{}'", config_json.string()));
  const auto document = nlohmann::json::parse(in, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object())
    throw Error::bad_request(fmt::format("'{}' is not a JSON object", config_json.string()));
  const auto number = [&](const nlohmann::json& object, const char* key) -> const nlohmann::json* {
    const auto found = object.find(key);
    if (found == object.end()) return nullptr;
    if (!found->is_number() || found->get<double>() <= 0)
      throw Error::bad_request(
          fmt::format("'{}': \"{}\" is not a positive number", config_json.string(), key));
    return &*found;
  };
  if (const auto* heads = number(document, "num_attention_heads"))
    overrides.dit_heads = heads->get<std::int64_t>();
  if (const auto dit = document.find("dit"); dit != document.end() && dit->is_object()) {
    if (const auto* heads = number(*dit, "num_heads")) overrides.dit_heads = heads->get<std::int64_t>();
    if (const auto* eps = number(*dit, "eps")) overrides.dit_eps = eps->get<double>();
  }
  return overrides;
}

DitConfig infer_dit_config(const weights::Checkpoint& checkpoint, const ConfigOverrides& overrides) {
  DitConfig config;
  config.int8_linear = checkpoint.contains("blocks.0.self_attn.q.int8_weight");
  config.dim = size(checkpoint, "patch_embedding.weight", 2, 0);
  config.ffn_dim =
      size(checkpoint, config.int8_linear ? "blocks.0.ffn.0.int8_weight" : "blocks.0.ffn.0.weight", 2, 0);
  config.layers = checkpoint.block_count();
  config.freq_dim = size(checkpoint, "time_embedding.0.weight", 2, 1);
  config.text_dim = size(checkpoint, "text_embedding.0.weight", 2, 1);
  if (const auto& shape = checkpoint.patch_embedding_shape(); shape.size() == 5)
    config.patch = {shape[2], shape[3], shape[4]};
  const std::int64_t patch_elements = config.patch[0] * config.patch[1] * config.patch[2];
  const std::int64_t in = size(checkpoint, "patch_embedding.weight", 2, 1);
  const std::int64_t out = size(checkpoint, "head.head.weight", 2, 0);
  if (in % patch_elements != 0 || out % patch_elements != 0)
    contradiction(checkpoint,
                  fmt::format("patch_embedding.weight takes {} and head.head.weight gives {} values a "
                              "token, no multiple of the patch's {} elements",
                              in, out, patch_elements));
  config.in_dim = in / patch_elements;
  config.out_dim = out / patch_elements;
  config.eps = overrides.dit_eps.value_or(config.eps);
  config.sparse_linear_attention = checkpoint.contains("blocks.0.self_attn.attn_op.local_attn.proj_l.weight");
  if (overrides.dit_heads) {
    config.heads = *overrides.dit_heads;
  } else if (config.dim % published_head_dim == 0) {
    config.heads = config.dim / published_head_dim;
  } else {
    contradiction(checkpoint,
                  fmt::format("its width {} is no multiple of head_dim 128 and no config.json beside it "
                              "states dit.num_heads",
                              config.dim));
  }
  if (config.dim % config.heads != 0 || config.head_dim() % 2 != 0)
    contradiction(checkpoint,
                  fmt::format("{} heads do not divide its width {} evenly", config.heads, config.dim));
  return config;
}

TextEncoderConfig infer_text_encoder_config(const weights::Checkpoint& checkpoint) {
  TextEncoderConfig config;
  config.vocab = size(checkpoint, "token_embedding.weight", 2, 0);
  config.dim = size(checkpoint, "token_embedding.weight", 2, 1);
  config.dim_attn = size(checkpoint, "blocks.0.attn.q.weight", 2, 0);
  config.dim_ffn = size(checkpoint, "blocks.0.ffn.fc1.weight", 2, 0);
  config.buckets = size(checkpoint, "blocks.0.pos_embedding.embedding.weight", 2, 0);
  config.heads = size(checkpoint, "blocks.0.pos_embedding.embedding.weight", 2, 1);
  config.layers = checkpoint.block_count();
  if (config.heads < 1 || config.dim_attn % config.heads != 0)
    contradiction(checkpoint, fmt::format("{} heads do not divide the attention width {}", config.heads,
                                          config.dim_attn));
  return config;
}

VaeConfig infer_vae_config(const weights::Checkpoint& checkpoint) {
  VaeConfig config;
  config.z_dim = size(checkpoint, "conv2.weight", 5, 0);
  config.spatial_factor = config.temporal_factor = 1;
  for (int i = 0; checkpoint.contains(fmt::format("encoder.downsamples.{}.residual.0.gamma", i)) ||
                  checkpoint.contains(fmt::format("encoder.downsamples.{}.resample.1.weight", i));
       ++i) {
    if (checkpoint.contains(fmt::format("encoder.downsamples.{}.resample.1.weight", i)))
      config.spatial_factor *= 2;
    if (checkpoint.contains(fmt::format("encoder.downsamples.{}.time_conv.weight", i)))
      config.temporal_factor *= 2;
  }
  if (config.z_dim != static_cast<std::int64_t>(wan21_latent_mean.size()))
    contradiction(checkpoint, fmt::format("its latent has {} channels; only Wan2.1 VAEs with {} are known",
                                          config.z_dim, wan21_latent_mean.size()));
  return config;
}

}  // namespace turbodiff::model
