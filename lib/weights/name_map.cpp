#include "weights/name_map.h"

#include <algorithm>
#include <array>
#include <span>
#include <unordered_set>

#include "weights/name_rules.h"

namespace turbodiff::weights {
namespace {

/// What training frameworks, compilers and all-in-one files put in front of a component's names, in any
/// nesting.
constexpr std::array<std::string_view, 20> wrappers = {"state_dict.",   "model_state_dict.",
                                                       "params.",       "model.",
                                                       "module.",       "_orig_mod.",
                                                       "net.",          "net_ema.",
                                                       "ema.",          "generator.",
                                                       "student.",      "diffusion_model.",
                                                       "transformer.",  "dit.",
                                                       "vae.",          "first_stage_model.",
                                                       "text_encoder.", "text_encoders.",
                                                       "umt5xxl.",      "encoder_model."};
constexpr std::size_t most_prefixes = 32;

/// Every combination of wrappers that some name starts with, the empty one first.
std::vector<std::string> candidate_prefixes(const std::vector<std::string>& names) {
  std::vector<std::string> prefixes = {""};
  for (std::size_t i = 0; i < prefixes.size(); ++i)
    for (const std::string_view wrapper : wrappers) {
      const std::string longer = prefixes[i] + std::string(wrapper);
      const bool used = std::any_of(names.begin(), names.end(),
                                    [&](const std::string& name) { return name.starts_with(longer); });
      if (used && prefixes.size() < most_prefixes) prefixes.push_back(longer);
    }
  return prefixes;
}

/// Names without which a file is not the component.
std::span<const std::string_view> essential_names(Component component) {
  static constexpr std::string_view dit[] = {"patch_embedding.weight"};
  static constexpr std::string_view vae[] = {"decoder.conv1.weight", "decoder.head.2.weight"};
  static constexpr std::string_view text[] = {"token_embedding.weight", "blocks.0.attn.q.weight"};
  switch (component) {
    case Component::dit:
      return dit;
    case Component::vae:
      return vae;
    case Component::text_encoder:
      break;
  }
  return text;
}

NameMapping map_with(Component component, const NameConvention& convention, const std::string& prefix,
                     const std::vector<std::string>& source_names) {
  NameMapping mapping{std::string(convention.name), prefix, {}, {}};
  std::vector<std::string_view> bare;
  for (const std::string& source : source_names)
    if (source.starts_with(prefix)) bare.push_back(std::string_view(source).substr(prefix.size()));
  const ResidualBlocks blocks = count_residual_blocks(bare);
  std::unordered_set<std::string> seen;
  for (const std::string& source : source_names) {
    auto canonical = source.starts_with(prefix)
                         ? canonical_name(convention, std::string_view(source).substr(prefix.size()), blocks)
                         : std::nullopt;
    if (canonical && seen.insert(*canonical).second)
      mapping.names.push_back({std::move(*canonical), source});
    else
      mapping.unknown.push_back(source);
  }
  const bool complete = std::ranges::all_of(essential_names(component),
                                            [&](auto name) { return seen.contains(std::string(name)); });
  if (!complete) mapping.names.clear();
  return mapping;
}

bool any_contains(const std::vector<std::string>& names, std::initializer_list<std::string_view> parts) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return std::any_of(parts.begin(), parts.end(),
                       [&](std::string_view part) { return name.find(part) != std::string::npos; });
  });
}

}  // namespace

std::string_view name_of(Component component) {
  switch (component) {
    case Component::dit:
      return "diffusion transformer";
    case Component::vae:
      return "VAE";
    case Component::text_encoder:
      break;
  }
  return "text encoder";
}

std::string_view option_of(Component component) {
  switch (component) {
    case Component::dit:
      return "--dit";
    case Component::vae:
      return "--vae";
    case Component::text_encoder:
      break;
  }
  return "--text-encoder";
}

NameMapping map_names(Component component, const std::vector<std::string>& source_names) {
  NameMapping best;
  best.unknown = source_names;
  for (const std::string& prefix : candidate_prefixes(source_names))
    for (const NameConvention& convention : conventions_of(component)) {
      NameMapping mapping = map_with(component, convention, prefix, source_names);
      if (mapping.names.size() > best.names.size()) best = std::move(mapping);
    }
  return best;
}

std::string describe_contents(const std::vector<std::string>& names) {
  if (any_contains(names, {"lora_A", "lora_B", "lora_up", "lora_down", ".lora."})) return "a LoRA";
  for (const Component component : {Component::dit, Component::vae, Component::text_encoder})
    if (!map_names(component, names).names.empty()) return "a " + std::string(name_of(component));
  if (any_contains(names, {"visual.transformer.", "vision_model.", "textual."}))
    return "a CLIP image encoder";
  if (any_contains(names, {"input_blocks.", "down_blocks.0.attentions."}))
    return "a Stable Diffusion network";
  if (any_contains(names, {"double_blocks.", "single_transformer_blocks."}))
    return "a FLUX or HunyuanVideo network";
  if (any_contains(names, {"model.layers.0.", "blk.0.attn_q"})) return "a language model";
  if (any_contains(names, {".self_attn.q.", ".attn1.to_q."})) return "a part of a diffusion transformer";
  if (any_contains(names, {".SelfAttention.q.", "enc.blk."})) return "a part of a text encoder";
  return "";
}

}  // namespace turbodiff::weights
