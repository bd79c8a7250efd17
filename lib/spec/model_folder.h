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

/// A model as it was found: its files, and what it was made for.
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

/// Reads a folder: which file is the transformer, the autoencoder, the text encoder and the tokenizer, by
/// their published names, by what other tools call them, and one folder deep ("transformer/", "vae/", ...).
/// config.json beside them gives defaults, or what the transformer's file carries of it (embedded_config.h).
/// What is shared by several models (autoencoder, text encoder, tokenizer) is also looked for in `shared`.
/// Parts that are not there end up in `missing`. Error bad_request when two files claim the same part.
/// Returns nothing when there is no transformer in the folder.
std::optional<Model> read_model_folder(const std::filesystem::path& folder,
                                       std::span<const std::filesystem::path> shared = {});

/// Every model under the search path, a name once, first folder wins; the catalogue's files lying flat in a
/// search folder count as models of the catalogue's names. Folders that cannot be read as a model come with
/// the problem, and so do those with model files of which none is a transformer as far as names tell.
std::vector<Model> list_models(std::span<const std::filesystem::path> search_path);

/// The model called `name` (a name of list_models(), a catalogue name, or a path to a folder).
/// Error not_found naming where it was looked for, and the name meant in case of a slip; or what is missing
/// of it.
Model find_model(const std::string& name, std::span<const std::filesystem::path> search_path);

/// What a request means: its files with --model as the architecture, else its --model, else the demo.
/// Of files given, what is not given is looked for beside the transformer and in the search path.
/// Error bad_request for a missing file (with the option's name), not_found for an unknown model.
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
