#include "spec/model_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/text/strings.h"
#include "spec/embedded_config.h"
#include "spec/folder_scan.h"
#include "spec/model_parts.h"

namespace turbodiff::spec {
namespace {

namespace fs = std::filesystem;

fs::path& slot_of(ModelFiles& files, FileRole role) {
  switch (role) {
    case FileRole::dit:
      return files.dit;
    case FileRole::dit_high_noise:
      return files.dit_high_noise;
    case FileRole::dit_low_noise:
      return files.dit_low_noise;
    case FileRole::vae:
      return files.vae;
    case FileRole::text_encoder:
      return files.text_encoder;
    case FileRole::tokenizer:
      break;
  }
  return files.tokenizer;
}

bool is_transformer(FileRole role) {
  return role == FileRole::dit || role == FileRole::dit_high_noise || role == FileRole::dit_low_noise;
}

/// The one file of a role: the only one, or the one with the published name. Null when there is none;
/// `ambiguous` becomes true when several claim it.
const fs::path* pick(const std::vector<RoleFile>& files, FileRole role, std::string_view published,
                     bool& ambiguous) {
  const fs::path* found = nullptr;
  for (const RoleFile& file : files) {
    if (file.role != role) continue;
    if (!published.empty() && core::equals_ignoring_case(file.path.filename().string(), published))
      return &file.path;
    ambiguous = ambiguous || found;
    if (!found) found = &file.path;
  }
  return found;
}

std::string_view published_name(const CatalogueEntry* entry, FileRole role) {
  if (!entry) return role == FileRole::vae ? "Wan2.1_VAE.pth" : "";
  switch (role) {
    case FileRole::dit:
      return entry->dit;
    case FileRole::dit_high_noise:
      return entry->dit_high_noise;
    case FileRole::dit_low_noise:
      return entry->dit_low_noise;
    case FileRole::vae:
      return entry->vae;
    case FileRole::text_encoder:
      return entry->text_encoder;
    case FileRole::tokenizer:
      return entry->tokenizer;
  }
  return "";
}

void set_part(Model& model, const std::vector<RoleFile>& files, FileRole role, const CatalogueEntry* entry,
              const fs::path& folder) {
  bool ambiguous = false;
  const fs::path* path = pick(files, role, published_name(entry, role), ambiguous);
  if (!path) return;
  if (ambiguous &&
      !(entry && core::equals_ignoring_case(path->filename().string(), published_name(entry, role))))
    throw Error::bad_request(
        fmt::format("'{}' holds more than one {}", folder.string(), name_of(role)),
        "keep one model in a folder, or name the files with --dit, --vae and --text-encoder");
  slot_of(model.files, role) = *path;
}

}  // namespace

/// Fills parts that are still empty from the folders of shared files.
void add_shared_parts(Model& model, const CatalogueEntry* entry, std::span<const fs::path> shared) {
  for (const fs::path& folder : shared) {
    const std::vector<RoleFile> files = scan_folder(folder);
    for (const FileRole role : {FileRole::vae, FileRole::text_encoder, FileRole::tokenizer}) {
      bool ambiguous = false;
      if (!slot_of(model.files, role).empty()) continue;
      const fs::path* path = pick(files, role, published_name(entry, role), ambiguous);
      if (path && !ambiguous) slot_of(model.files, role) = *path;
    }
  }
}

void note_missing(Model& model) {
  model.missing.clear();
  const ModelFiles& files = model.files;
  const bool pair = !files.dit_high_noise.empty() || !files.dit_low_noise.empty();
  const auto need = [&](FileRole role) {
    if (slot_of(model.files, role).empty()) model.missing.emplace_back(name_of(role));
  };
  if (pair && files.dit.empty()) {
    need(FileRole::dit_high_noise);
    need(FileRole::dit_low_noise);
  } else {
    need(FileRole::dit);
  }
  need(FileRole::vae);
  need(FileRole::text_encoder);
}

void add_config(Model& model) {
  const fs::path& dit = model.files.dit.empty() ? model.files.dit_high_noise : model.files.dit;
  const fs::path config = dit.parent_path() / "config.json";
  std::error_code ignored;
  if (fs::is_regular_file(config, ignored)) {
    model.files.config = config;
    model.defaults = read_model_defaults(config, model.defaults);
  } else if (const auto carried = embedded_config(dit)) {
    model.defaults = parse_model_defaults(*carried, dit, model.defaults);
  }
}

const CatalogueEntry* entry_of_files(const ModelFiles& files) {
  const fs::path& dit = files.dit.empty() ? files.dit_high_noise : files.dit;
  return find_catalogue_entry_by_file(dit.filename().string());
}

std::optional<Model> read_model_folder(const fs::path& folder, std::span<const fs::path> shared) {
  const std::vector<RoleFile> files = scan_folder(folder);
  if (std::none_of(files.begin(), files.end(), [](const RoleFile& f) { return is_transformer(f.role); }))
    return std::nullopt;

  Model model;
  model.name = model_name_of(folder);
  const CatalogueEntry* entry = find_catalogue_entry(model.name);
  for (const FileRole role : {FileRole::dit, FileRole::dit_high_noise, FileRole::dit_low_noise, FileRole::vae,
                              FileRole::text_encoder, FileRole::tokenizer})
    set_part(model, files, role, entry, folder);
  if (!model.files.dit.empty()) model.files.dit_high_noise = model.files.dit_low_noise = fs::path();
  if (!entry) entry = entry_of_files(model.files);
  if (entry) {
    model.architecture = entry->architecture;
    model.defaults = entry->defaults;
  }
  add_shared_parts(model, entry, shared);
  add_config(model);
  note_missing(model);
  return model;
}

ModelDefaults read_model_defaults(const fs::path& config, ModelDefaults defaults) {
  std::ifstream in(config, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return parse_model_defaults(text, config, std::move(defaults));
}

ModelDefaults parse_model_defaults(const std::string& text, const fs::path& config, ModelDefaults defaults) {
  const nlohmann::json document = nlohmann::json::parse(text, nullptr, false);
  if (!document.is_object())
    throw Error::bad_request(fmt::format("'{}' is not a JSON object", config.string()));
  const auto number = [&](const char* section, const char* key, auto& target) {
    const auto object = document.find(section);
    if (object == document.end() || !object->is_object() || !object->contains(key)) return false;
    const auto& value = (*object)[key];
    using T = std::remove_reference_t<decltype(target)>;
    if (!(std::is_integral_v<T> ? value.is_number_integer() : value.is_number()) ||
        value.template get<double>() < 0 || value.template get<double>() > 1e6)
      throw Error::bad_request(
          fmt::format("'{}': {}.{} is not a number in range", config.string(), section, key));
    target = value.template get<T>();
    return true;
  };
  const Size before = defaults.size;
  number("video", "width", defaults.size.width);
  number("video", "height", defaults.size.height);
  if (defaults.size != before) defaults.resolution.clear();
  number("video", "frames", defaults.frames);
  number("video", "fps", defaults.fps);
  number("sampler", "sigma_max", defaults.sigma_max);
  if (number("sampler", "num_steps", defaults.steps)) defaults.distilled = true;
  return defaults;
}

}  // namespace turbodiff::spec
