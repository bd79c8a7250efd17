// turbodiff doctor
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "core/config.h"
#include "core/error.h"
#include "core/text/text_table.h"
#include "diagnosis.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of(core::ConfigSource source) {
  switch (source) {
    case core::ConfigSource::flag:
      return "flag";
    case core::ConfigSource::environment:
      return "environment";
    case core::ConfigSource::user_file:
      return "user file";
    case core::ConfigSource::system_file:
      return "system file";
    case core::ConfigSource::built_in:
      return "default";
  }
  return "";
}

std::string_view name_of(CheckStatus status) {
  switch (status) {
    case CheckStatus::ok:
      return "ok";
    case CheckStatus::warn:
      return "warn";
    case CheckStatus::fail:
      return "FAIL";
  }
  return "";
}

void show_config(cli::Program& program) {
  const core::Config& config = program.config();
  if (program.flags().json) {
    Json values = Json::array(), files = Json::array();
    for (const auto& [key, value] : config.entries())
      values.push_back({{"key", key->name},
                        {"value", value ? Json(value->text) : Json(nullptr)},
                        {"source", value ? Json(name_of(value->source)) : Json(nullptr)},
                        {"where", value ? Json(value->where) : Json(nullptr)}});
    for (const auto& file : config.files()) files.push_back(file.string());
    return program.print_json({{"config", std::move(values)}, {"files", std::move(files)}});
  }
  core::TextTable table;
  table.add_column("KEY").add_column("VALUE", core::TextTable::Align::left, true).add_column("FROM");
  for (const auto& [key, value] : config.entries())
    table.add_row({std::string(key->name), value ? value->text : "", value ? value->where : "not set"});
  program.print(table.render(0));
}

std::string text_of(const std::vector<Check>& checks) {
  std::string text;
  for (const Check& check : checks) {
    text += fmt::format("{:<5} {:<12} {}\n", name_of(check.status), check.name, check.detail);
    if (!check.fix.empty()) text += fmt::format("{:<5} {:<12} -> {}\n", "", "", check.fix);
  }
  return text;
}

void diagnose(cli::Program& program) {
  const std::vector<Check> checks = run_checks(program);
  bool ok = true;
  for (const Check& check : checks) ok = ok && check.status != CheckStatus::fail;
  if (program.flags().json) {
    Json array = Json::array();
    for (const Check& check : checks)
      array.push_back({{"name", check.name},
                       {"status", name_of(check.status)},
                       {"detail", check.detail},
                       {"fix", check.fix.empty() ? Json(nullptr) : Json(check.fix)}});
    program.print_json({{"ok", ok}, {"checks", std::move(array)}});
  } else {
    program.print(text_of(checks));
  }
  if (!ok)
    throw cli::ReportedFailure(Error::work_failed("something is wrong with this installation", "see above"));
}

}  // namespace

void add_doctor(cli::Program& program) {
  const auto config = std::make_shared<bool>(false);
  CLI::App& command = program.add_command(
      "doctor", "Check this machine and installation, and suggest fixes",
      [config](cli::Program& running) { *config ? show_config(running) : diagnose(running); });
  command.add_flag("--show-config", *config, "Show every setting and where its value comes from")
      ->group("Options");
}

}  // namespace turbodiff::app
