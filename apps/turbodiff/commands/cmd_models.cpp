// turbodiff models list|show|verify|path
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "core/error.h"
#include "core/text/counted.h"
#include "core/text/strings.h"
#include "core/text/text_table.h"
#include "core/text/text_width.h"
#include "core/units.h"
#include "model_details.h"
#include "spec/fingerprint.h"
#include "spec/model_catalogue.h"
#include "spec/model_folder.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;
using spec::Model;

std::uint64_t bytes_of(const Model& model) {
  std::uint64_t bytes = 0;
  for (const auto& [role, path] : model.files.present())
    for (const auto& file : spec::files_behind(path)) {
      std::error_code error;
      const auto size = std::filesystem::file_size(file, error);
      if (!error) bytes += size;
    }
  return bytes;
}

std::filesystem::path folder_of(const Model& model) {
  const auto files = model.files.present();
  if (!model.folder.empty()) return model.folder;
  return files.empty() ? std::filesystem::path() : files.front().second.parent_path();
}

std::string state_of(const Model& model) {
  if (!model.problem.empty()) return "unusable: " + core::escape_control(model.problem);
  return model.complete() ? "ready" : "no " + core::join(model.missing, ", no ");
}

std::string made_for(const spec::ModelDefaults& defaults) {
  return fmt::format("{}, {}", to_string(defaults.size), core::counted(defaults.frames, "frame"));
}

Json json_of(const Model& model) {
  Json files = Json::object();
  for (const auto& [role, path] : model.files.present()) files[role] = path.string();
  return {{"name", model.name},
          {"architecture", model.architecture},
          {"ready", model.complete()},
          {"missing", model.missing},
          {"problem", model.problem.empty() ? Json(nullptr) : Json(model.problem)},
          {"folder", folder_of(model).string()},
          {"bytes", bytes_of(model)},
          {"files", std::move(files)},
          {"defaults",
           {{"width", model.defaults.size.width},
            {"height", model.defaults.size.height},
            {"frames", model.defaults.frames},
            {"fps", model.defaults.fps},
            {"steps", model.defaults.steps},
            {"sigma_max", model.defaults.sigma_max},
            {"image_to_video", model.defaults.image_to_video}}}};
}

void list(cli::Program& program, bool published) {
  const auto search_path = program.model_dirs();
  std::vector<Model> models = spec::list_models(search_path);
  for (Model& model : models) model.problem = problem_of(program, model);
  if (program.flags().json) {
    Json array = Json::array(), folders = Json::array();
    for (const Model& model : models) array.push_back(json_of(model));
    for (const auto& folder : search_path) folders.push_back(folder.string());
    Json known = Json::array();
    for (const spec::CatalogueEntry& entry : spec::model_catalogue())
      known.push_back(
          {{"name", entry.name}, {"architecture", entry.architecture}, {"summary", entry.summary}});
    return program.print_json(
        {{"models", std::move(array)}, {"search_path", std::move(folders)}, {"known", known}});
  }
  if (program.flags().quiet) {
    for (const Model& model : models)
      if (model.problem.empty()) program.print(model.name + "\n");
    return;
  }
  core::TextTable table;
  table.add_column("NAME").add_column("MADE FOR").add_column("SIZE", core::TextTable::Align::right);
  table.add_column("STATE", core::TextTable::Align::left, true);
  table.add_column("FOLDER", core::TextTable::Align::left, true);
  for (const Model& model : models)
    table.add_row({model.name, model.files.present().empty() ? "" : made_for(model.defaults),
                   core::format_bytes(bytes_of(model)), state_of(model), folder_of(model).string()});
  program.print(table.render(program.table_columns()));
  if (!published) return;
  core::TextTable known;
  known.add_column("PUBLISHED")
      .add_column("MADE FOR")
      .add_column("SUMMARY", core::TextTable::Align::left, true);
  for (const spec::CatalogueEntry& entry : spec::model_catalogue())
    known.add_row({std::string(entry.name), made_for(entry.defaults), std::string(entry.summary)});
  program.print("\n" + known.render(program.table_columns()));
}

/// What was asked about has been shown; that it cannot be used is an answer of its own.
void require_usable(const Model& model) {
  if (model.problem.empty() && model.complete()) return;
  throw cli::ReportedFailure(
      model.problem.empty()
          ? Error::bad_request(
                fmt::format("model '{}' has no {}", model.name, core::join(model.missing, ", no ")))
          : Error::bad_request(fmt::format("model '{}' cannot be used: {}", model.name, model.problem)));
}

void show(cli::Program& program, const std::string& name) {
  Model model = spec::find_model(name, program.model_dirs());
  // First of all, as it may go on in the program that has LibTorch.
  model.problem = problem_of(program, model);
  const Json networks = model.complete() && model.problem.empty() && !model.files.dit.empty()
                            ? networks_json(program, model.files)
                            : Json(nullptr);
  spec::FingerprintCache cache(program.cache_dir_or_empty());
  Json document = json_of(model);
  document["fingerprint"] = spec::fingerprint_of(model.files, cache);
  Json sums = Json::object();
  for (const auto& [role, path] : model.files.present())
    if (const auto sum = cache.recorded_sha256(path)) sums[role] = *sum;
  document["sha256"] = std::move(sums);
  document["networks"] = networks;
  cache.save();
  if (program.flags().json) {
    program.print_json(document);
    return require_usable(model);
  }

  std::string text = fmt::format("{:<14}{}\n", "name", model.name);
  const auto line = [&](const std::string& label, const std::string& value) {
    if (!value.empty()) text += fmt::format("{:<14}{}\n", label, value);
  };
  line("architecture", model.architecture);
  line("state", state_of(model));
  line("made for", fmt::format("{}, {} fps, {}", made_for(model.defaults), model.defaults.fps,
                               core::counted(model.defaults.steps, "step")));
  for (const auto& [role, path] : model.files.present()) line(role, path.string());
  line("size", core::format_bytes(bytes_of(model)));
  line("fingerprint", document["fingerprint"].get<std::string>());
  if (!networks.is_null())
    for (const auto& [network, sizes] : networks.items()) {
      std::vector<std::string> parts;
      for (const auto& [key, value] : sizes.items())
        if (value != "")
          parts.push_back(
              fmt::format("{} {}", key, value.is_string() ? value.get<std::string>() : value.dump()));
      line(network, core::join(parts, ", "));
    }
  program.print(text);
  require_usable(model);
}

void verify(cli::Program& program, const std::string& name, bool accept) {
  const Model model = spec::find_model(name, program.model_dirs());
  spec::FingerprintCache cache(program.cache_dir_or_empty());
  const VerifiedModel verified = verify_model(program, model, cache, accept);
  cache.save();
  const Verdict verdict = verified.verdict();
  if (program.flags().json) {
    Json files = Json::array();
    for (const VerifiedFile& file : verified.files)
      files.push_back({{"role", file.role},
                       {"path", file.path.string()},
                       {"bytes", file.bytes},
                       {"sha256", file.sha256},
                       {"verdict", name_of(file.verdict)},
                       {"compared_with", file.compared_with},
                       {"ok", file.verdict != Verdict::changed},
                       {"problem", file.problem}});
    program.print_json({{"name", model.name},
                        {"verdict", name_of(verdict)},
                        {"ok", verdict != Verdict::changed},
                        {"files", std::move(files)}});
  } else {
    for (const VerifiedFile& file : verified.files)
      program.print(fmt::format("{}  {}  {}{}\n", file.sha256, file.path.string(), name_of(file.verdict),
                                file.problem.empty() ? "" : ": " + file.problem));
    if (verdict == Verdict::ok) program.print(model.name + ": ok\n");
    if (verdict == Verdict::unknown)
      program.print(model.name +
                    ": unknown, nothing to compare with; the sums are recorded for the next time\n");
  }
  if (verdict != Verdict::changed) return;
  throw cli::ReportedFailure(
      Error::bad_request(fmt::format("model '{}' has changed", model.name), "download its files again"));
}

void path(cli::Program& program, const std::string& name) {
  const std::filesystem::path folder =
      name.empty() ? program.paths().user_models_dir(program.config().path("models.path"))
                   : folder_of(spec::find_model(name, program.model_dirs()));
  if (program.flags().json)
    program.print_json({{"path", folder.string()}});
  else
    program.print(folder.string() + "\n");
}

}  // namespace

void add_models(cli::Program& program) {
  CLI::App& models = program.add_command("models", "List, show and check models", nullptr);
  const auto name = std::make_shared<std::string>();
  const auto published = std::make_shared<bool>(false);
  const auto add_name = [&](CLI::App& command, bool required) {
    CLI::Option* option = command.add_option("NAME", *name, "A name of 'models list', or a folder");
    option->required(required)->type_name("NAME")->group("Arguments");
  };

  CLI::App& listing = program.add_command(
      "list", "List the models on this machine",
      [published](cli::Program& running) { list(running, *published); }, &models);
  listing.add_flag("--published", *published, "Include the published models that are known by name")
      ->group("Options");
  add_name(program.add_command(
               "show", "Show files, sizes and fingerprint of a model; exit code 2 when it cannot be used",
               [name](cli::Program& running) { show(running, *name); }, &models),
           true);
  const auto accept = std::make_shared<bool>(false);
  CLI::App& verifying = program.add_command(
      "verify",
      "Read all of a model's files and compare their SHA-256 with what is known: ok, changed or unknown",
      [name, accept](cli::Program& running) { verify(running, *name, *accept); }, &models);
  verifying.add_flag("--accept", *accept, "Record the sums found as correct")->group("Options");
  add_name(verifying, true);
  add_name(program.add_command(
               "path", "Print the folder for models, or that of one model",
               [name](cli::Program& running) { path(running, *name); }, &models),
           false);
}

}  // namespace turbodiff::app
