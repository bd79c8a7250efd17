// Canonical tensor names: how the naming conventions of published checkpoints map to Wan's own.
//
// Canonical are the names of the published Wan 2.1 / TurboDiffusion checkpoints: DiT
// `blocks.0.self_attn.q.weight`, VAE `decoder.upsamples.0.residual.2.weight`, text encoder
// `blocks.0.attn.q.weight`. Others are ComfyUI's repackaged files (the same names behind a prefix), diffusers
// (WanTransformer3DModel, AutoencoderKLWan), Hugging Face transformers (UMT5EncoderModel) and llama.cpp's
// names for T5 encoders in GGUF files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::weights {

enum class Component { dit, vae, text_encoder };

/// "diffusion transformer", "VAE", "text encoder".
std::string_view name_of(Component component);
/// The option that takes it: "--dit", "--vae", "--text-encoder".
std::string_view option_of(Component component);

/// A tensor under both of its names.
struct NamePair {
  std::string canonical;
  std::string source;
};

struct NameMapping {
  std::string convention;  ///< "wan", "diffusers", "huggingface" or "llama.cpp"; empty when nothing fits
  std::string prefix;      ///< what precedes every name once module wrappers are removed: "", "net.", ...
  std::vector<NamePair> names;            ///< in source order, canonical names unique
  std::vector<std::string> unknown;       ///< source names that are not part of `component`
  std::vector<std::string> lacking = {};  ///< canonical names without which the rest is no component
  /// Other prefixes under which as many names of the component lie, with no reason to prefer one of them.
  std::vector<std::string> rivals = {};
};

/// Finds the prefix and convention under which most of `source_names` belong to `component`, with any prefix,
/// and with the words of module wrappers (`module.`, `_orig_mod.`, ...) removed wherever they occur. The
/// mapping is empty when the essential names of the component (its first projection, a block, its output) are
/// missing.
NameMapping map_names(Component component, const std::vector<std::string>& source_names);

/// Whether some of the names are those of a LoRA or one of its relatives (LoHa, LoKr, DoRA, differences).
bool has_adapter_names(const std::vector<std::string>& source_names);

/// What a file with these names seems to be, for an error message: "a VAE", "a text encoder", "a LoRA", ...;
/// empty when nothing is recognised.
std::string describe_contents(const std::vector<std::string>& source_names);

}  // namespace turbodiff::weights
