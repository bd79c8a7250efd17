// Lookup by name and by files (model_folder.h).
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/text/strings.h"
#include "spec/folder_scan.h"
#include "spec/model_folder.h"
#include "spec/model_parts.h"

namespace turbodiff::spec {
namespace {

namespace fs = std::filesystem;

fs::path file_in(const fs::path& folder, std::string_view name) {
  std::error_code ignored;
  const fs::path path = folder / name;
  return !name.empty() && fs::is_regular_file(path, ignored) ? path : fs::path();
}

/// A published model whose transformer lies directly in a search folder, as in TurboDiffusion's
/// "checkpoints".
std::optional<Model> flat_model(const CatalogueEntry& entry, std::span<const fs::path> search_path) {
  if (entry.architecture.empty()) return std::nullopt;
  for (const fs::path& folder : search_path) {
    Model model;
    model.name = entry.name;
    model.architecture = entry.architecture;
    model.defaults = entry.defaults;
    model.files.dit = file_in(folder, entry.dit);
    model.files.dit_high_noise = file_in(folder, entry.dit_high_noise);
    model.files.dit_low_noise = file_in(folder, entry.dit_low_noise);
    if (model.files.present().empty()) continue;
    add_shared_parts(model, &entry, search_path);
    note_missing(model);
    return model;
  }
  return std::nullopt;
}

std::string places(std::span<const fs::path> search_path) {
  std::vector<std::string> names;
  for (const fs::path& folder : search_path) names.push_back(folder.string());
  return names.empty() ? "there is no model folder" : "looked in " + core::join(names, ", ");
}

[[noreturn]] void throw_not_found(const std::string& name, std::span<const fs::path> search_path) {
  if (const CatalogueEntry* entry = find_catalogue_entry(name)) {
    const std::string transformer = entry->dit.empty()
                                        ? fmt::format("{}, {}", entry->dit_high_noise, entry->dit_low_noise)
                                        : std::string(entry->dit);
    throw Error::not_found(fmt::format("model '{}' is not on this machine, {}", name, places(search_path)),
                           fmt::format("put {}, {}, {} and {} into a folder '{}' there", transformer,
                                       entry->vae, entry->text_encoder, entry->tokenizer, entry->name));
  }
  std::vector<std::string> known;
  for (const Model& model : list_models(search_path))
    if (model.problem.empty()) known.push_back(model.name);
  for (const CatalogueEntry& entry : model_catalogue()) known.emplace_back(entry.name);
  throw Error::not_found(
      fmt::format("no model '{}'{}, {}", name, core::did_you_mean(name, known), places(search_path)),
      "'turbodiff models list' shows those there are");
}

/// The one installed model of an architecture such as "Wan2.1-1.3B".
std::optional<Model> model_of_architecture(const std::string& name, std::span<const fs::path> search_path) {
  std::optional<Model> found;
  for (Model& model : list_models(search_path)) {
    if (model.architecture != name) continue;
    if (found)
      throw Error::bad_request(fmt::format("several models are a {}: {}, {}", name, found->name, model.name),
                               "say which with --model");
    found = std::move(model);
  }
  return found;
}

fs::path given_file(std::string_view option, const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    throw Error::bad_request(fmt::format("--{}: '{}' is a folder", option, path.string()),
                             "name a file, or pass the folder as --model");
  if (!fs::exists(path, ignored))
    throw Error::bad_request(fmt::format("--{}: no such file '{}'", option, path.string()));
  return fs::absolute(path).lexically_normal();
}

void take_given(const RequestOptions& options, ModelFiles& files) {
  const auto take = [](std::string_view option, const std::optional<fs::path>& given, fs::path& slot) {
    if (given) slot = given_file(option, *given);
  };
  if (options.dit) files.dit_high_noise = files.dit_low_noise = fs::path();
  if (options.high_noise_model || options.low_noise_model) files.dit = fs::path();
  take("dit", options.dit, files.dit);
  take("high-noise-model", options.high_noise_model, files.dit_high_noise);
  take("low-noise-model", options.low_noise_model, files.dit_low_noise);
  take("vae", options.vae, files.vae);
  take("text-encoder", options.text_encoder, files.text_encoder);
  take("tokenizer", options.tokenizer, files.tokenizer);
}

/// A model put together from files; what is not given comes from beside the transformer or the search path.
Model model_of_files(const RequestOptions& options, std::span<const fs::path> search_path) {
  Model model;
  take_given(options, model.files);
  const fs::path dit = model.files.dit.empty() ? model.files.dit_high_noise : model.files.dit;
  model.name = (dit.empty() ? model.files.dit_low_noise : dit).stem().string();
  const CatalogueEntry* entry = entry_of_files(model.files);
  if (entry) {
    model.architecture = entry->architecture;
    model.defaults = entry->defaults;
  }
  if (options.model && model.architecture != *options.model) {
    if (entry)
      throw Error::bad_request(fmt::format("--model: '{}' is a {}, not a {}", dit.filename().string(),
                                           entry->architecture, *options.model),
                               "leave --model out, it is read from the file");
    model.architecture = *options.model;
    model.defaults = defaults_of_architecture(model.architecture);
  }
  if (!entry && !options.model && !model.files.dit_high_noise.empty())
    model.defaults = defaults_of_architecture("Wan2.2-A14B");
  std::vector<fs::path> folders = {dit.parent_path()};
  if (options.text_encoder) folders.push_back(model.files.text_encoder.parent_path());
  folders.insert(folders.end(), search_path.begin(), search_path.end());
  add_shared_parts(model, entry, folders);
  add_config(model);
  return model;
}

void require_complete(Model& model) {
  note_missing(model);
  if (model.complete()) return;
  throw Error::bad_request(
      fmt::format("model '{}' has no {}", model.name, core::join(model.missing, " and no ")),
      "put it beside the transformer, or pass --vae, --text-encoder, ...");
}

}  // namespace

std::vector<Model> list_models(std::span<const fs::path> search_path) {
  std::vector<Model> models;
  std::set<std::string> names;
  const auto add = [&](std::optional<Model> model) {
    if (model && names.insert(model->name).second) models.push_back(std::move(*model));
  };
  const auto add_broken = [&](const fs::path& folder, const std::string& problem) {
    Model model;
    model.name = model_name_of(folder);
    model.problem = problem;
    model.folder = folder;
    add(std::move(model));
  };
  for (const fs::path& folder : search_path) {
    for (const fs::path& subfolder : model_folders_in(folder)) {
      try {
        auto model = read_model_folder(subfolder, search_path);
        if (!model && holds_unknown_files(subfolder))
          add_broken(subfolder, "none of its files is recognised as the transformer by its name");
        add(std::move(model));
      } catch (const Error& error) {
        add_broken(subfolder, error.message());
      }
    }
  }
  for (const CatalogueEntry& entry : model_catalogue()) add(flat_model(entry, search_path));
  return models;
}

Model find_model(const std::string& name, std::span<const fs::path> search_path) {
  const bool is_path = name.find('/') != std::string::npos || name == "." || name == "..";
  std::error_code ignored;
  if (is_path) {
    const fs::path folder = fs::absolute(name).lexically_normal();
    if (!fs::is_directory(folder, ignored))
      throw Error::not_found(fmt::format("no model folder '{}'", name),
                             "files are passed as --dit, --vae, ...");
    const fs::path named = folder.has_filename() ? folder : folder.parent_path();
    const std::vector<fs::path> snapshots = snapshots_in(named);
    auto model = read_model_folder(snapshots.empty() ? named : snapshots.front(), search_path);
    if (!model) throw Error::not_found(fmt::format("there is no transformer in '{}'", name));
    return *model;
  }
  for (const fs::path& folder : search_path)
    for (const fs::path& subfolder : model_folders_in(folder))
      if (model_name_of(subfolder) == name || subfolder.filename() == name)
        if (auto model = read_model_folder(subfolder, search_path)) return *model;
  if (const CatalogueEntry* entry = find_catalogue_entry(name)) {
    if (auto model = flat_model(*entry, search_path)) return *model;
    if (entry->name != name) return find_model(std::string(entry->name), search_path);
  }
  if (is_architecture_name(name))
    if (auto model = model_of_architecture(name, search_path)) return *model;
  for (const fs::path& folder : search_path)
    if (fs::is_directory(folder / name, ignored))
      throw Error::not_found(fmt::format("there is no transformer in '{}'", (folder / name).string()),
                             "'turbodiff models list' shows what is wrong with it");
  throw_not_found(name, search_path);
}

Model choose_model(const RequestOptions& options, std::span<const fs::path> search_path) {
  const bool has_transformer = options.dit || options.high_noise_model || options.low_noise_model;
  if (options.dit && (options.high_noise_model || options.low_noise_model))
    throw Error::bad_request("--dit excludes --high-noise-model and --low-noise-model");
  if (!has_transformer && !options.model && (options.vae || options.text_encoder || options.tokenizer))
    throw Error::bad_request("model files are given, but no transformer", "pass --dit FILE, or --model NAME");
  const bool states_architecture = !options.model || is_architecture_name(*options.model);
  Model model;
  if (has_transformer && states_architecture) {
    model = model_of_files(options, search_path);
  } else {
    model = find_model(options.model.value_or("demo"), search_path);
    take_given(options, model.files);
    if (has_transformer) add_config(model);
  }
  require_complete(model);
  return model;
}

}  // namespace turbodiff::spec
