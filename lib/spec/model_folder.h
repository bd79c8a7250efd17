// Finding models on the disk and choosing the one that a request means.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "spec/model_catalogue.h"
#include "spec/model_defaults.h"
#include "spec/model_files.h"
#include "spec/request_options.h"

namespace turbodiff::spec {

/// A model found on the disk: its files and its properties.
struct Model {
  std::string name;  ///< as shown and recorded: "demo", a folder's or repository's name, or the file's stem
  /// "Wan2.1-1.3B", ... as stated by the user, the catalogue or config.json; may be empty.
  std::string architecture;
  ModelFiles files;
  ModelDefaults defaults;
  std::vector<std::string> missing;   ///< parts of it that were not found: "vae", "text encoder", ...
  std::string problem = {};           ///< why the folder cannot be read as a model; empty where it can
  std::filesystem::path folder = {};  ///< of a model with a problem

  bool complete() const { return missing.empty() && problem.empty(); }
};

/// Reads a folder: identifies the transformer, the autoencoder, the text encoder and the tokenizer by their
/// published names, by the names that other tools use, and one folder deep ("transformer/", "vae/", ...).
/// Defaults come from config.json beside them, or from the copy of it in the transformer's file
/// (embedded_config.h). Parts that several models share (autoencoder, text encoder, tokenizer) are also
/// searched in `shared`. Parts that are not found are listed in `missing`. Error bad_request when two files
/// claim the same part. Returns nothing when there is no transformer in the folder.
std::optional<Model> read_model_folder(const std::filesystem::path& folder,
                                       std::span<const std::filesystem::path> shared = {});

/// Every model under the search path; of several with one name the first folder's. Published files directly
/// in a search folder count as models of the catalogue's names. Folders that cannot be read as a model are
/// listed with the problem, and so are folders with model files of which none can be recognised as a
/// transformer by its name.
std::vector<Model> list_models(std::span<const std::filesystem::path> search_path);

/// The model called `name` (a name of list_models(), a catalogue name, or a path to a folder). Error
/// not_found with the searched folders and the nearest name, or with what is missing of the model.
Model find_model(const std::string& name, std::span<const std::filesystem::path> search_path);

/// The model that a request means: its files, with --model as the architecture, else its --model, else the
/// demo. Of files given, missing ones are searched beside the transformer and in the search path. Error
/// bad_request for a missing file (with the option's name), not_found for an unknown model.
Model choose_model(const RequestOptions& options, std::span<const std::filesystem::path> search_path);

/// Reads "video" and "sampler" of a model's config.json on top of `defaults`: {"video": {"width", "height",
/// "frames", "fps"}, "sampler": {"num_steps", "sigma_max", "mid_t"}}; a sampler section marks the model as
/// distilled. Other keys are the model code's. Error bad_request when it is not JSON or a value has the wrong
/// type.
ModelDefaults read_model_defaults(const std::filesystem::path& config, ModelDefaults defaults);
/// The same of JSON text; `file` names it in errors.
ModelDefaults parse_model_defaults(const std::string& text, const std::filesystem::path& file,
                                   ModelDefaults defaults);

}  // namespace turbodiff::spec
