// The published models that this program knows by name.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/model_defaults.h"

namespace turbodiff::spec {

/// A published model: the names of its files and its properties.
struct CatalogueEntry {
  std::string_view name;          ///< "wan2.1-t2v-1.3b-480p"
  std::string_view architecture;  ///< "Wan2.1-1.3B", as TurboDiffusion's --model; empty for the demo
  std::string_view summary;
  std::string_view dit;  ///< file name; empty for a model with two transformers
  std::string_view dit_high_noise;
  std::string_view dit_low_noise;
  std::string_view vae;
  std::string_view text_encoder;
  std::string_view tokenizer;
  std::string_view source;  ///< where it is published
  ModelDefaults defaults;
};

/// All of them, the built-in demo first.
std::span<const CatalogueEntry> model_catalogue();

/// By name; the file's stem ("TurboWan2.1-T2V-1.3B-480P") counts as a name too, and case does not matter.
/// Null when there is none.
const CatalogueEntry* find_catalogue_entry(std::string_view name);

/// By the name of a transformer file, in upper or lower case. Null when it is not a published one.
const CatalogueEntry* find_catalogue_entry_by_file(std::string_view file_name);

/// TurboDiffusion's names of architectures: "Wan2.1-1.3B", "Wan2.1-14B", "Wan2.2-A14B".
std::vector<std::string_view> architecture_names();
bool is_architecture_name(std::string_view name);

/// Defaults of an architecture without a catalogue entry: those of the reference's scripts.
ModelDefaults defaults_of_architecture(std::string_view architecture);

}  // namespace turbodiff::spec
