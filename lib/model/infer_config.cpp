#include "model/infer_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "model/agreed_size.h"
#include "spec/embedded_config.h"

namespace turbodiff::model {

namespace {

constexpr std::int64_t published_head_dim = 128;

[[noreturn]] void contradiction(const weights::Checkpoint& checkpoint, const std::string& what) {
  throw Error::bad_request(fmt::format("'{}': {}", checkpoint.path().string(), what),
                           "this engine runs Wan2.1 text-to-video checkpoints");
}

/// As agreed_size(). Error bad_request when no witness shows it.
std::int64_t size(const weights::Checkpoint& checkpoint, const std::vector<SizeWitness>& witnesses) {
  if (const auto agreed = agreed_size(checkpoint, witnesses)) return *agreed;
  for (const SizeWitness& witness : witnesses)
    if (const auto* view = checkpoint.find(witness.name))
      contradiction(checkpoint, fmt::format("tensor '{}' has {} dimensions, expected {}", witness.name,
                                            view->shape.size(), witness.rank));
  checkpoint.at(witnesses.front().name);  // says that it is missing
  return 0;
}

bool any_name_contains(const weights::Checkpoint& checkpoint, std::string_view part) {
  const auto& names = checkpoint.names();
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return name.find(part) != std::string::npos; });
}

/// Widths of Wan2.1-1.3B, Wan2.2-5B and the models of 14B: all have head_dim 128.
bool is_published_width(std::int64_t dim) {
  return dim == 1536 || dim == 3072 || dim == 5120;
}

std::int64_t infer_heads(const weights::Checkpoint& checkpoint, std::int64_t dim,
                         const ConfigOverrides& stated) {
  if (stated.dit_heads) return *stated.dit_heads;
  const std::string projection = "blocks.0.self_attn.attn_op.local_attn.proj_l";
  const auto head_dim = agreed_size(
      checkpoint,
      {{projection + ".weight", 2, 0}, {projection + ".weight", 2, 1}, {projection + ".bias", 1}});
  if (head_dim && *head_dim > 0 && dim % *head_dim == 0) return dim / *head_dim;
  if (is_published_width(dim)) return dim / published_head_dim;
  throw Error::bad_request(
      fmt::format(
          "'{}': its width {} is of no published model with head_dim 128, and nothing says how many heads "
          "it has",
          checkpoint.path().string(), dim),
      "put its config.json beside it, with {\"dit\": {\"num_heads\": N}}");
}

void require_layers(const weights::Checkpoint& checkpoint, std::int64_t found,
                    const std::optional<std::int64_t>& stated) {
  if (!stated || *stated == found) return;
  throw Error::bad_request(
      fmt::format("'{}' has {} blocks, and its config states {}", checkpoint.path().string(), found, *stated),
      found < *stated
          ? "the file is incomplete; if it is one of several shards, pass their *.safetensors.index.json"
          : "the config.json beside it belongs to another model");
}

/// Reads the parts of a config.json.
class ConfigReader {
 public:
  ConfigReader(const nlohmann::json& document, const std::string& where)
      : document_(document), where_(where) {}

  ConfigOverrides read() {
    ConfigOverrides stated;
    if (const auto* dit = section("dit"))
      read_dit(*dit, "num_heads", stated);
    else if (document_.contains("num_attention_heads"))
      read_dit(document_, "num_attention_heads", stated);
    else if (document_.value("_class_name", nlohmann::json()) == "WanModel")
      read_dit(document_, "num_heads", stated);
    if (const auto* text = section("t5")) stated.text_layers = count(*text, "num_layers");
    if (const auto* vae = section("vae")) read_vae(*vae, stated);
    return stated;
  }

 private:
  [[noreturn]] void refuse(const char* key, const char* what) const {
    throw Error::bad_request(fmt::format("'{}': \"{}\" is not {}", where_, key, what));
  }
  const nlohmann::json* section(const char* name) const {
    const auto found = document_.find(name);
    return found != document_.end() && found->is_object() ? &*found : nullptr;
  }
  const nlohmann::json* number(const nlohmann::json& object, const char* key) const {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return nullptr;
    if (!found->is_number() || found->get<double>() <= 0) refuse(key, "a positive number");
    return &*found;
  }
  std::optional<std::int64_t> count(const nlohmann::json& object, const char* key) const {
    const auto* value = number(object, key);
    if (value == nullptr) return std::nullopt;
    if (value->get<double>() < 1 || value->get<double>() > 1e6 || !value->is_number_integer())
      refuse(key, "a whole number above 0");
    return value->get<std::int64_t>();
  }
  void read_dit(const nlohmann::json& dit, const char* heads_key, ConfigOverrides& stated) const {
    stated.dit_heads = count(dit, heads_key);
    stated.dit_layers = count(dit, "num_layers");
    stated.dit_freq_dim = count(dit, "freq_dim");
    if (const auto* eps = number(dit, "eps")) stated.dit_eps = eps->get<double>();
    const auto patch = dit.find("patch_size");
    if (patch == dit.end()) return;
    if (!patch->is_array() || patch->size() != 3) refuse("patch_size", "a list of three numbers");
    stated.dit_patch.emplace();
    for (std::size_t i = 0; i < 3; ++i) {
      const auto& size = (*patch)[i];
      if (!size.is_number_integer() || size.get<std::int64_t>() < 1 || size.get<std::int64_t>() > 64)
        refuse("patch_size", "a list of three numbers");
      (*stated.dit_patch)[i] = size.get<std::int64_t>();
    }
  }
  void read_vae(const nlohmann::json& vae, ConfigOverrides& stated) const {
    const auto steps = vae.find("temporal_downsample");
    if (steps == vae.end()) return;
    if (!steps->is_array()) refuse("temporal_downsample", "a list of truth values");
    stated.vae_temporal.emplace();
    for (const auto& step : *steps) {
      if (!step.is_boolean()) refuse("temporal_downsample", "a list of truth values");
      stated.vae_temporal->push_back(step.get<bool>());
    }
  }

  const nlohmann::json& document_;
  const std::string& where_;
};

}  // namespace

ConfigOverrides ConfigOverrides::or_else(const ConfigOverrides& other) const {
  ConfigOverrides both = *this;
  const auto take = [](auto& own, const auto& theirs) {
    if (!own) own = theirs;
  };
  take(both.dit_heads, other.dit_heads);
  take(both.dit_eps, other.dit_eps);
  take(both.dit_layers, other.dit_layers);
  take(both.dit_freq_dim, other.dit_freq_dim);
  take(both.dit_patch, other.dit_patch);
  take(both.text_layers, other.text_layers);
  take(both.vae_temporal, other.vae_temporal);
  return both;
}

ConfigOverrides read_config_overrides(const std::filesystem::path& config_json) {
  if (config_json.empty()) return {};
  std::ifstream in(config_json, std::ios::binary);
  if (!in) throw Error::bad_request(fmt::format("cannot read '{}'", config_json.string()));
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return parse_config_overrides(text, config_json.string());
}

ConfigOverrides parse_config_overrides(std::string_view json, const std::string& where) {
  const auto document = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) throw Error::bad_request(fmt::format("'{}' is not a JSON object", where));
  return ConfigReader(document, where).read();
}

ConfigOverrides embedded_overrides(const weights::Checkpoint& checkpoint) {
  const auto& metadata = checkpoint.source().metadata();
  const auto found = metadata.find(spec::embedded_config_key);
  if (found == metadata.end()) return {};
  return parse_config_overrides(
      found->second, fmt::format("{} ({})", checkpoint.path().string(), spec::embedded_config_key));
}

DitConfig infer_dit_config(const weights::Checkpoint& checkpoint, const ConfigOverrides& overrides) {
  const ConfigOverrides stated = embedded_overrides(checkpoint).or_else(overrides);
  DitConfig config;
  config.int8_linear = any_name_contains(checkpoint, ".int8_weight");
  config.dim = size(checkpoint, {{"patch_embedding.weight", 2, 0},
                                 {"patch_embedding.bias", 1},
                                 {"head.modulation", 3, 2},
                                 {"text_embedding.2.bias", 1},
                                 {"blocks.0.modulation", 3, 2},
                                 {"blocks.0.norm3.weight", 1}});
  config.ffn_dim = size(checkpoint, {{"blocks.0.ffn.0.weight", 2, 0},
                                     {"blocks.0.ffn.0.int8_weight", 2, 0},
                                     {"blocks.0.ffn.0.bias", 1},
                                     {"blocks.0.ffn.2.weight", 2, 1},
                                     {"blocks.0.ffn.2.int8_weight", 2, 1},
                                     {"blocks.1.ffn.0.bias", 1}});
  config.layers = checkpoint.block_count();
  require_layers(checkpoint, config.layers, stated.dit_layers);
  config.freq_dim = size(checkpoint, {{"time_embedding.0.weight", 2, 1}});
  config.text_dim = size(checkpoint, {{"text_embedding.0.weight", 2, 1}});
  if (stated.dit_freq_dim && *stated.dit_freq_dim != config.freq_dim)
    contradiction(checkpoint, fmt::format("tensor 'time_embedding.0.weight' takes {} values, and the config "
                                          "states {}",
                                          config.freq_dim, *stated.dit_freq_dim));
  if (config.freq_dim % 2 != 0)
    contradiction(checkpoint,
                  fmt::format("tensor 'time_embedding.0.weight' takes {} values, an odd number of "
                              "sines and cosines",
                              config.freq_dim));
  if (const auto& shape = checkpoint.patch_embedding_shape(); shape.size() == 5)
    config.patch = {shape[2], shape[3], shape[4]};
  else if (stated.dit_patch)
    config.patch = *stated.dit_patch;
  const std::int64_t patch_elements = config.patch[0] * config.patch[1] * config.patch[2];
  const std::int64_t in = size(checkpoint, {{"patch_embedding.weight", 2, 1}});
  const std::int64_t out = size(checkpoint, {{"head.head.weight", 2, 0}, {"head.head.bias", 1}});
  if (patch_elements < 1 || in % patch_elements != 0 || out % patch_elements != 0)
    contradiction(checkpoint,
                  fmt::format("patch_embedding.weight takes {} and head.head.weight gives {} values a "
                              "token, no multiple of the patch's {} elements",
                              in, out, patch_elements));
  config.in_dim = in / patch_elements;
  config.out_dim = out / patch_elements;
  config.eps = stated.dit_eps.value_or(config.eps);
  config.sparse_linear_attention = any_name_contains(checkpoint, ".proj_l.");
  config.heads = infer_heads(checkpoint, config.dim, stated);
  if (config.dim % config.heads != 0 || config.head_dim() % 2 != 0)
    contradiction(checkpoint,
                  fmt::format("{} heads do not divide its width {} evenly", config.heads, config.dim));
  return config;
}

TextEncoderConfig infer_text_encoder_config(const weights::Checkpoint& checkpoint,
                                            const ConfigOverrides& overrides) {
  const ConfigOverrides stated = embedded_overrides(checkpoint).or_else(overrides);
  const std::string table = "pos_embedding.embedding.weight";
  TextEncoderConfig config;
  config.vocab = size(checkpoint, {{"token_embedding.weight", 2, 0}});
  config.dim = size(checkpoint, {{"token_embedding.weight", 2, 1},
                                 {"norm.weight", 1},
                                 {"blocks.0.norm1.weight", 1},
                                 {"blocks.0.attn.q.weight", 2, 1},
                                 {"blocks.0.attn.o.weight", 2, 0}});
  config.dim_attn = size(checkpoint, {{"blocks.0.attn.q.weight", 2, 0},
                                      {"blocks.0.attn.k.weight", 2, 0},
                                      {"blocks.0.attn.v.weight", 2, 0},
                                      {"blocks.0.attn.o.weight", 2, 1}});
  config.dim_ffn = size(checkpoint, {{"blocks.0.ffn.fc1.weight", 2, 0},
                                     {"blocks.0.ffn.gate.0.weight", 2, 0},
                                     {"blocks.0.ffn.fc2.weight", 2, 1}});
  const auto of_blocks = [&](std::size_t axis) {
    return size(
        checkpoint,
        {{"blocks.0." + table, 2, axis}, {"blocks.1." + table, 2, axis}, {"blocks.2." + table, 2, axis}});
  };
  config.buckets = of_blocks(0);
  config.heads = of_blocks(1);
  config.layers = checkpoint.block_count();
  require_layers(checkpoint, config.layers, stated.text_layers);
  if (config.heads < 1 || config.dim_attn % config.heads != 0)
    contradiction(checkpoint, fmt::format("{} heads do not divide the attention width {}", config.heads,
                                          config.dim_attn));
  return config;
}

namespace {

/// Whether each change of size of the decoder doubles the frames too.
std::vector<std::pair<std::int64_t, bool>> decoder_steps(const weights::Checkpoint& checkpoint) {
  std::map<std::int64_t, bool> steps;
  constexpr std::string_view prefix = "decoder.upsamples.";
  for (const std::string& name : checkpoint.names()) {
    if (!name.starts_with(prefix)) continue;
    std::int64_t layer = 0;
    const auto end = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), layer).ptr;
    const std::string_view part(end, static_cast<std::size_t>(name.data() + name.size() - end));
    if (part.starts_with(".time_conv.")) steps[layer] = true;
    if (part.starts_with(".resample.")) steps.try_emplace(layer, false);
  }
  return {steps.begin(), steps.end()};
}

}  // namespace

VaeConfig infer_vae_config(const weights::Checkpoint& checkpoint) {
  VaeConfig config;
  config.z_dim = size(
      checkpoint,
      {{"conv2.weight", 5, 0}, {"conv2.weight", 5, 1}, {"conv2.bias", 1}, {"decoder.conv1.weight", 5, 1}});
  config.spatial_factor = config.temporal_factor = 1;
  for (const auto& [layer, doubles_frames] : decoder_steps(checkpoint)) {
    config.spatial_factor *= 2;
    if (doubles_frames) config.temporal_factor *= 2;
  }
  if (config.z_dim != static_cast<std::int64_t>(wan21_latent_mean.size()))
    contradiction(checkpoint, fmt::format("its latent has {} channels; only Wan2.1 VAEs with {} are known",
                                          config.z_dim, wan21_latent_mean.size()));
  return config;
}

void require_vae_layout(const weights::Checkpoint& checkpoint, const ConfigOverrides& overrides) {
  std::vector<bool> wanted = embedded_overrides(checkpoint)
                                 .or_else(overrides)
                                 .vae_temporal.value_or(std::vector<bool>{false, true, true});
  std::reverse(wanted.begin(), wanted.end());  // the decoder undoes the encoder's last step first
  const auto found = decoder_steps(checkpoint);
  const auto refuse = [&](const std::string& what) {
    throw Error::bad_request(fmt::format("'{}': {}", checkpoint.path().string(), what),
                             "the file is incomplete or no VAE of Wan2.1");
  };
  if (found.size() != wanted.size())
    refuse(fmt::format("its decoder has {} layers 'decoder.upsamples.*.resample', expected {}", found.size(),
                       wanted.size()));
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i].second != wanted[i])
      refuse(fmt::format("tensor 'decoder.upsamples.{}.time_conv.weight' is {}", found[i].first,
                         wanted[i] ? "missing" : "there, and the config states that this layer has none"));
}

}  // namespace turbodiff::model
