#include "spec/model_catalogue.h"

#include <algorithm>
#include <filesystem>

#include "core/text/strings.h"

namespace turbodiff::spec {
namespace {

constexpr std::string_view wan_vae = "Wan2.1_VAE.pth";
constexpr std::string_view wan_t5 = "models_t5_umt5-xxl-enc-bf16.pth";
constexpr std::string_view wan_tokenizer = "spiece.model";

ModelDefaults text_to_video_defaults(std::string_view resolution) {
  ModelDefaults defaults;
  defaults.resolution = std::string(resolution);
  defaults.size = *find_resolution(resolution, "16:9");
  defaults.distilled = true;
  return defaults;
}

ModelDefaults image_to_video_defaults(std::string_view resolution) {
  ModelDefaults defaults = text_to_video_defaults(resolution);
  defaults.sigma_max = 200;
  defaults.image_to_video = true;
  return defaults;
}

ModelDefaults demo_defaults() {
  ModelDefaults defaults;
  defaults.size = {96, 96};
  defaults.resolution.clear();
  defaults.frames = 17;
  defaults.distilled = true;
  return defaults;
}

CatalogueEntry turbo(std::string_view name, std::string_view architecture, std::string_view summary,
                     std::string_view dit, std::string_view resolution, std::string_view source) {
  return {name,
          architecture,
          summary,
          dit,
          "",
          "",
          wan_vae,
          wan_t5,
          wan_tokenizer,
          source,
          text_to_video_defaults(resolution)};
}

CatalogueEntry turbo_pair(std::string_view name, std::string_view summary, std::string_view high,
                          std::string_view low, std::string_view source) {
  return {name,
          "Wan2.2-A14B",
          summary,
          "",
          high,
          low,
          wan_vae,
          wan_t5,
          wan_tokenizer,
          source,
          image_to_video_defaults("720p")};
}

std::vector<CatalogueEntry> make_catalogue() {
  return {
      {"demo", "", "built in: one coloured shape on a plain background, 96x96", "dit.pth", "", "", "vae.pth",
       "t5.pth", "spiece.model", "ships with the program", demo_defaults()},
      turbo("wan2.1-t2v-1.3b-480p", "Wan2.1-1.3B", "text to video, 480p", "TurboWan2.1-T2V-1.3B-480P.pth",
            "480p", "TurboDiffusion/TurboWan2.1-T2V-1.3B-480P"),
      turbo("wan2.1-t2v-1.3b-480p-quant", "Wan2.1-1.3B", "text to video, 480p, int8",
            "TurboWan2.1-T2V-1.3B-480P-quant.pth", "480p", "TurboDiffusion/TurboWan2.1-T2V-1.3B-480P"),
      turbo("wan2.1-t2v-14b-480p", "Wan2.1-14B", "text to video, 480p", "TurboWan2.1-T2V-14B-480P.pth",
            "480p", "TurboDiffusion/TurboWan2.1-T2V-14B-480P"),
      turbo("wan2.1-t2v-14b-480p-quant", "Wan2.1-14B", "text to video, 480p, int8",
            "TurboWan2.1-T2V-14B-480P-quant.pth", "480p", "TurboDiffusion/TurboWan2.1-T2V-14B-480P"),
      turbo("wan2.1-t2v-14b-720p", "Wan2.1-14B", "text to video, 720p", "TurboWan2.1-T2V-14B-720P.pth",
            "720p", "TurboDiffusion/TurboWan2.1-T2V-14B-720P"),
      turbo("wan2.1-t2v-14b-720p-quant", "Wan2.1-14B", "text to video, 720p, int8",
            "TurboWan2.1-T2V-14B-720P-quant.pth", "720p", "TurboDiffusion/TurboWan2.1-T2V-14B-720P"),
      turbo_pair("wan2.2-i2v-a14b-720p", "image to video, 720p", "TurboWan2.2-I2V-A14B-high-720P.pth",
                 "TurboWan2.2-I2V-A14B-low-720P.pth", "TurboDiffusion/TurboWan2.2-I2V-A14B-720P"),
      turbo_pair("wan2.2-i2v-a14b-720p-quant", "image to video, 720p, int8",
                 "TurboWan2.2-I2V-A14B-high-720P-quant.pth", "TurboWan2.2-I2V-A14B-low-720P-quant.pth",
                 "TurboDiffusion/TurboWan2.2-I2V-A14B-720P"),
  };
}

std::string stem_of(std::string_view file_name) {
  return std::filesystem::path(file_name).stem().string();
}

}  // namespace

std::span<const CatalogueEntry> model_catalogue() {
  static const std::vector<CatalogueEntry> catalogue = make_catalogue();
  return catalogue;
}

const CatalogueEntry* find_catalogue_entry(std::string_view name) {
  for (const CatalogueEntry& entry : model_catalogue()) {
    if (core::equals_ignoring_case(entry.name, name)) return &entry;
    if (!entry.architecture.empty() && !entry.dit.empty() &&
        core::equals_ignoring_case(stem_of(entry.dit), name))
      return &entry;
  }
  return nullptr;
}

const CatalogueEntry* find_catalogue_entry_by_file(std::string_view file_name) {
  for (const CatalogueEntry& entry : model_catalogue()) {
    if (entry.architecture.empty()) continue;
    for (const std::string_view file : {entry.dit, entry.dit_high_noise, entry.dit_low_noise})
      if (!file.empty() && core::equals_ignoring_case(stem_of(file), stem_of(file_name))) return &entry;
  }
  return nullptr;
}

std::vector<std::string_view> architecture_names() {
  return {"Wan2.1-1.3B", "Wan2.1-14B", "Wan2.2-A14B"};
}

bool is_architecture_name(std::string_view name) {
  const auto names = architecture_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

ModelDefaults defaults_of_architecture(std::string_view architecture) {
  ModelDefaults defaults =
      architecture == "Wan2.2-A14B" ? image_to_video_defaults("720p") : text_to_video_defaults("480p");
  defaults.distilled = std::nullopt;
  return defaults;
}

}  // namespace turbodiff::spec
