#include "engine.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/paths.h"
#include "core/subprocess.h"
#include "core/text_width.h"

namespace turbodiff::app {

std::filesystem::path engine_program(const std::optional<std::string>& named) {
  const std::filesystem::path beside = core::Paths::this_executable().parent_path() / "turbodiff";
  const std::filesystem::path engine = named ? std::filesystem::absolute(*named) : beside;
  std::error_code error;
  if (!std::filesystem::is_regular_file(engine, error))
    throw Error::bad_request(fmt::format("there is no engine '{}'", engine.string()),
                             "build turbodiff, or name it with --engine");
  return engine;
}

spec::Recipe recipe_in(const std::string& file) {
  core::SubprocessOptions options;
  options.argv = {engine_program().string(), "info", "--json", "--", file};
  const core::CompletedProcess info = core::run_process(std::move(options));
  const auto json = nlohmann::json::parse(info.output, nullptr, false);
  if (!info.status.ok()) {
    const auto error = json.is_object() ? json.value("error", nlohmann::json::object()) : nlohmann::json();
    const std::string message = error.is_object() ? error.value("message", "") : "";
    throw Error::bad_request(fmt::format(
        "--from: {}", message.empty() ? core::escape_control(file) + " cannot be read" : message));
  }
  if (!json.is_object() || !json.contains("recipe") || json["recipe"].is_null())
    throw Error::bad_request(fmt::format("--from: '{}' carries no recipe", core::escape_control(file)),
                             "it was not made by turbodiff, or its metadata was removed");
  return spec::parse_recipe(json["recipe"].dump(), file);
}

}  // namespace turbodiff::app
