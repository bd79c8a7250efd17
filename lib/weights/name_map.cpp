#include "weights/name_map.h"

#include <algorithm>
#include <array>
#include <span>
#include <tuple>
#include <unordered_set>

#include "weights/name_rules.h"

namespace turbodiff::weights {
namespace {

/// What wrappers of modules put between the names of a network's parts: data parallelism, compilation,
/// activation checkpointing, sharding. They may stand anywhere in a name, and several times.
constexpr std::array<std::string_view, 6> module_wrappers = {
    "module.",          "_orig_mod.",  "_checkpoint_wrapped_module.", "_fsdp_wrapped_module.",
    "_forward_module.", "_fpw_module."};

constexpr std::size_t most_prefixes = 32;

/// Words under which files keep the network that makes videos. A network under other words only (a teacher, a
/// critic) is not taken while there is one under these.
constexpr std::array<std::string_view, 24> known_words = {"state_dict",
                                                          "model_state_dict",
                                                          "params",
                                                          "model",
                                                          "net",
                                                          "generator",
                                                          "student",
                                                          "transformer",
                                                          "dit",
                                                          "pipe",
                                                          "vae",
                                                          "unet",
                                                          "text_encoder",
                                                          "text_encoders",
                                                          "diffusion_model",
                                                          "umt5xxl",
                                                          "encoder_model",
                                                          "t5",
                                                          "pipeline",
                                                          "first_stage_model",
                                                          "model_ema",
                                                          "backbone",
                                                          "denoiser",
                                                          "network"};

/// `name` without the words of module_wrappers.
std::string unwrapped(std::string_view name) {
  std::string bare;
  for (std::size_t at = 0; at < name.size();) {
    const std::string_view rest = name.substr(at);
    const auto wrapper = std::find_if(module_wrappers.begin(), module_wrappers.end(),
                                      [&](std::string_view word) { return rest.starts_with(word); });
    if (wrapper != module_wrappers.end()) {
      at += wrapper->size();
      continue;
    }
    const std::size_t end = std::min(rest.find('.'), rest.size() - 1) + 1;
    bare += rest.substr(0, end);
    at += end;
  }
  return bare;
}

/// Beginnings of words in a name that only files of changes to a network have: LoRA and its relatives LoHa,
/// LoKr, OFT, BOFT, (IA)3 and DoRA, in the spellings of PEFT, kohya, LyCORIS and diffusers.
constexpr std::array<std::string_view, 7> adapter_words = {"lora_", "hada_", "lokr_", "oft_",
                                                           "boft_", "dora_", "ia3_"};
/// Whole words of the same meaning: LoRA's factors behind a word of their own, and differences to a weight, a
/// bias or a norm.
constexpr std::array<std::string_view, 5> adapter_ends = {"lora", "diff", "diff_b", "w_norm", "b_norm"};

/// A source name and what it is without wrappers.
struct SourceName {
  const std::string* source;
  std::string bare;
};

/// How a prefix ranks among others under which as much of the component lies; smaller is better. Moving
/// averages come after the network itself, unknown words after known ones.
int rank_of(std::string_view prefix) {
  int rank = 0;
  while (!prefix.empty()) {
    const std::string_view word = prefix.substr(0, prefix.find('.'));
    prefix.remove_prefix(std::min(word.size() + 1, prefix.size()));
    if (word.find("ema") != std::string_view::npos)
      rank = std::max(rank, 1);
    else if (std::find(known_words.begin(), known_words.end(), word) == known_words.end())
      rank = std::max(rank, 2);
  }
  return rank;
}

/// What stands in front of names by which a component is recognised, whatever it is.
std::vector<std::string> candidate_prefixes(Component component, const std::vector<SourceName>& names) {
  static constexpr std::string_view dit[] = {"patch_embedding.weight", "head.head.weight", "proj_out.weight"};
  static constexpr std::string_view vae[] = {"decoder.conv1.weight", "decoder.conv_in.weight",
                                             "decoder.head.2.weight", "decoder.conv_out.weight"};
  static constexpr std::string_view text[] = {
      "token_embedding.weight", "shared.weight",          "encoder.embed_tokens.weight",
      "token_embd.weight",      "blocks.0.attn.q.weight", "encoder.block.0.layer.0.SelfAttention.q.weight",
      "enc.blk.0.attn_q.weight"};
  std::span<const std::string_view> anchors = text;
  if (component == Component::dit) anchors = dit;
  if (component == Component::vae) anchors = vae;
  std::vector<std::string> prefixes;
  for (const SourceName& name : names)
    for (const std::string_view anchor : anchors) {
      if (!name.bare.ends_with(anchor)) continue;
      std::string prefix = name.bare.substr(0, name.bare.size() - anchor.size());
      const bool whole_words = prefix.empty() || prefix.ends_with('.');
      if (whole_words && prefixes.size() < most_prefixes &&
          std::find(prefixes.begin(), prefixes.end(), prefix) == prefixes.end())
        prefixes.push_back(std::move(prefix));
    }
  std::sort(prefixes.begin(), prefixes.end(), [](const std::string& a, const std::string& b) {
    return std::tuple(rank_of(a), a.size(), a) < std::tuple(rank_of(b), b.size(), b);
  });
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
                     const std::vector<SourceName>& names) {
  NameMapping mapping{std::string(convention.name), prefix, {}, {}};
  std::vector<std::string_view> inner;
  for (const SourceName& name : names)
    if (name.bare.starts_with(prefix)) inner.push_back(std::string_view(name.bare).substr(prefix.size()));
  const ResidualBlocks blocks = count_residual_blocks(inner);
  std::unordered_set<std::string> seen;
  for (const SourceName& name : names) {
    auto canonical =
        name.bare.starts_with(prefix)
            ? canonical_name(convention, std::string_view(name.bare).substr(prefix.size()), blocks)
            : std::nullopt;
    if (canonical && seen.insert(*canonical).second)
      mapping.names.push_back({std::move(*canonical), *name.source});
    else
      mapping.unknown.push_back(*name.source);
  }
  for (const std::string_view essential : essential_names(component))
    if (!seen.contains(std::string(essential))) mapping.lacking.emplace_back(essential);
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
  std::vector<SourceName> names;
  names.reserve(source_names.size());
  for (const std::string& source : source_names) names.push_back({&source, unwrapped(source)});
  NameMapping best, incomplete;
  best.unknown = source_names;
  for (const std::string& prefix : candidate_prefixes(component, names))
    for (const NameConvention& convention : conventions_of(component)) {
      NameMapping mapping = map_with(component, convention, prefix, names);
      if (!mapping.lacking.empty()) {
        if (mapping.names.size() > incomplete.names.size()) incomplete = std::move(mapping);
        continue;
      }
      const bool rival = mapping.names.size() == best.names.size() && prefix != best.prefix &&
                         rank_of(prefix) == rank_of(best.prefix);
      if (rival && (best.rivals.empty() || best.rivals.back() != prefix)) best.rivals.push_back(prefix);
      if (mapping.names.size() > best.names.size()) best = std::move(mapping);
    }
  if (best.names.empty()) best.lacking = std::move(incomplete.lacking);
  return best;
}

bool has_adapter_names(const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    for (std::size_t at = 0; at < name.size();) {
      const std::size_t end = std::min(name.find('.', at), name.size());
      const std::string_view word = std::string_view(name).substr(at, end - at);
      for (const std::string_view beginning : adapter_words)
        if (word.starts_with(beginning)) return true;
      if (word.ends_with("_lora") ||
          std::find(adapter_ends.begin(), adapter_ends.end(), word) != adapter_ends.end())
        return true;
      at = end + 1;
    }
    return false;
  });
}

std::string describe_contents(const std::vector<std::string>& names) {
  if (has_adapter_names(names)) return "a LoRA";
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
