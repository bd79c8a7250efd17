#include "spec/recipe.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text/json_nesting.h"
#include "spec/choices.h"
#include "spec/option_table.h"

namespace turbodiff::spec {
namespace {

using Json = nlohmann::ordered_json;

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void name_model(RequestOptions& options, const Model& model, bool by_files) {
  if (!by_files) {
    options.model = model.name;
    return;
  }
  const auto set = [](std::optional<std::filesystem::path>& option, const std::filesystem::path& path) {
    if (!path.empty()) option = path;
  };
  if (!model.architecture.empty()) options.model = model.architecture;
  set(options.dit, model.files.dit);
  set(options.high_noise_model, model.files.dit_high_noise);
  set(options.low_noise_model, model.files.dit_low_noise);
  set(options.vae, model.files.vae);
  set(options.text_encoder, model.files.text_encoder);
  set(options.tokenizer, model.files.tokenizer);
}

}  // namespace

Recipe make_recipe(const std::string& program, const GenerationRequest& request, const Model& model,
                   bool by_files, const std::string& fingerprint, std::uint64_t seed) {
  Recipe recipe;
  recipe.program = program;
  recipe.options = options_of(request);
  recipe.options.seed = Seed{.random = false, .value = seed};
  if (!request.grid) recipe.options.num_samples = 1;
  for (auto* path : {&recipe.options.noise, &recipe.options.image})
    if (*path) *path = std::filesystem::absolute(**path).lexically_normal();
  name_model(recipe.options, model, by_files);
  recipe.model_name = model.name;
  recipe.architecture = model.architecture;
  recipe.fingerprint = fingerprint;
  for (const auto& [role, path] : model.files.present())
    recipe.files.emplace_back(role, path.filename().string());
  return recipe;
}

Json to_json(const Recipe& recipe) {
  Json files = Json::object();
  for (const auto& [role, name] : recipe.files) files[role] = name;
  Json model = {{"name", recipe.model_name}};
  if (!recipe.architecture.empty()) model["architecture"] = recipe.architecture;
  model["fingerprint"] = recipe.fingerprint;
  model["files"] = std::move(files);
  return {{"schema_version", recipe_schema_version},
          {"program", recipe.program},
          {"request", options_to_json(recipe.options, true)},
          {"model", std::move(model)}};
}

std::string to_text(const Recipe& recipe) {
  return to_json(recipe).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Recipe parse_recipe(std::string_view text, const std::string& origin) {
  const Json document =
      core::json_nesting(text) > core::max_json_nesting ? Json() : Json::parse(text, nullptr, false);
  const auto version = document.is_object() ? document.find("schema_version") : document.end();
  if (!document.is_object() || version == document.end() || !version->is_number_integer() ||
      !document.contains("request"))
    throw Error::bad_request(fmt::format("'{}' carries no recipe of turbodiff", origin));
  if (*version != recipe_schema_version)
    throw Error::bad_request(fmt::format("'{}' carries a recipe of version {}, this program knows version {}",
                                         origin, version->dump(), recipe_schema_version),
                             "use a newer turbodiff");
  Recipe recipe;
  recipe.program = text_at(document, "program");
  try {
    Json request = document["request"];
    // Earlier versions wrote true or false for how the layers had run.
    if (const auto quant = request.find("quant_linear");
        request.is_object() && quant != request.end() && quant->is_boolean())
      *quant = name_of(quant->get<bool>() ? QuantLinear::force : QuantLinear::off);
    recipe.options = options_from_json(request);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("recipe of '{}': {}", origin, error.message()), error.hint());
  }
  if (const auto model = document.find("model"); model != document.end() && model->is_object()) {
    recipe.model_name = text_at(*model, "name");
    recipe.architecture = text_at(*model, "architecture");
    recipe.fingerprint = text_at(*model, "fingerprint");
    if (const auto files = model->find("files"); files != model->end() && files->is_object())
      for (const auto& [role, name] : files->items())
        if (name.is_string()) recipe.files.emplace_back(role, name.get<std::string>());
  }
  return recipe;
}

}  // namespace turbodiff::spec
