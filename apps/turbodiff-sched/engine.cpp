#include "engine.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/os/paths.h"
#include "core/os/subprocess.h"
#include "core/text/text_width.h"
#include "spec/option_table.h"

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

std::vector<std::pair<std::string, std::int64_t>> cut_prompts(
    std::span<const spec::RequestOptions> requests) {
  constexpr std::size_t surely_read = 500;  // bytes; a token has one at least, and 512 are read
  std::string lines;
  std::string last;
  for (const spec::RequestOptions& request : requests) {
    if (!request.prompt || request.prompt->size() <= surely_read || *request.prompt == last) continue;
    last = *request.prompt;
    spec::RequestOptions asked;
    asked.prompt = request.prompt;
    asked.model = request.model;
    asked.dit = request.dit;
    asked.vae = request.vae;
    asked.text_encoder = request.text_encoder;
    asked.tokenizer = request.tokenizer;
    asked.output =
        (std::filesystem::temp_directory_path() / "turbodiff-{index}.mp4").string();  // never written
    lines += spec::options_to_json(asked, false).dump() + "\n";
  }
  std::vector<std::pair<std::string, std::int64_t>> cut;
  if (lines.empty()) return cut;
  try {
    core::SubprocessOptions options;
    options.argv = {
        engine_program().string(), "generate", "--dry-run", "--json", "--quiet", "--prompts", "-"};
    const core::CompletedProcess plan = core::run_process(std::move(options), lines);
    const auto json = nlohmann::json::parse(plan.output, nullptr, false);
    if (!plan.status.ok() || !json.is_object() || !json.contains("jobs")) return cut;
    for (const auto& job : json["jobs"])
      if (job.contains("cut_prompt_tokens") && job["cut_prompt_tokens"].is_number_integer())
        cut.emplace_back(job.value("prompt", ""), job["cut_prompt_tokens"].get<std::int64_t>());
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
  }
  return cut;
}

}  // namespace turbodiff::app
