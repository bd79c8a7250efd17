// turbodiff-sched tariff show|check|list
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "core/text_table.h"
#include "span_curve.h"
#include "tariff/feed_check.h"
#include "tariff/tariff_folder.h"
#include "tariff/tariff_report.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;

struct SpanFlags {
  std::optional<std::string> from, to;
};

void show(Queue& queue, const SpanFlags& flags) {
  const tariff::Tariff tariff = queue.load_tariff();
  queue.warn_of(tariff);
  const tariff::PriceCurve curve = span_curve(queue, tariff, flags.from, flags.to);
  if (queue.program().flags().json) {
    queue.program().print_json(tariff::json_of(tariff, curve));
    return;
  }
  const auto& traits = queue.program().output_traits();
  queue.program().print(tariff::draw_days(tariff, curve, traits.columns, traits.colour));
}

void check(Queue& queue) {
  const tariff::Tariff tariff = queue.load_tariff(tariff::FeedAccess::always);
  std::vector<tariff::Finding> findings = tariff.findings;
  for (tariff::Finding& finding : tariff::check_series(tariff, queue.now()))
    findings.push_back(std::move(finding));
  if (queue.program().flags().json) {
    Json list = Json::array();
    for (const tariff::Finding& finding : findings)
      list.push_back({{"severity", tariff::name_of(finding.severity)},
                      {"action", tariff::name_of(finding.action)},
                      {"code", finding.code},
                      {"message", finding.message},
                      {"where", finding.where}});
    queue.program().print_json({{"name", tariff.name}, {"ok", true}, {"findings", std::move(list)}});
    return;
  }
  std::string text;
  for (const tariff::Finding& finding : findings)
    text += fmt::format("{}: {}{}{} ({})\n", tariff::name_of(finding.severity), finding.where,
                        finding.where.empty() ? "" : ": ", finding.message, tariff::name_of(finding.action));
  text += fmt::format("{}: {} is in order{}\n", tariff.path.string(), tariff.name,
                      findings.empty() ? "" : fmt::format(", {} to look at", findings.size()));
  queue.program().print(text);
}

void list(Queue& queue) {
  const auto folders = queue.tariff_folders();
  const auto entries = tariff::list_tariffs(folders);
  if (queue.program().flags().json) {
    Json tariffs = Json::array();
    for (const tariff::TariffEntry& entry : entries)
      tariffs.push_back(
          {{"name", entry.name}, {"path", entry.path.string()}, {"description", entry.description}});
    queue.program().print_json({{"tariffs", std::move(tariffs)}});
    return;
  }
  core::TextTable table;
  table.add_column("NAME").add_column("DESCRIPTION", core::TextTable::Align::left, true);
  for (const tariff::TariffEntry& entry : entries)
    table.add_row(
        {entry.name, entry.problem.empty() ? entry.description : "cannot be read: " + entry.problem});
  queue.program().print(table.render(queue.program().output_traits().columns));
}

}  // namespace

void add_tariff(Queue& queue) {
  cli::Program& program = queue.program();
  CLI::App& group = program.add_command("tariff", "Prices of electricity", {});
  const auto span = std::make_shared<SpanFlags>();
  CLI::App& show_command = program.add_command(
      "show", "Draw the prices of a stretch of time (the next 7 days)",
      [span, &queue](cli::Program&) { show(queue, *span); }, &group);
  show_command.add_option("--from", span->from, "Begin (today)")->type_name("TIME")->group("Options");
  show_command.add_option("--to", span->to, "End (7 days later)")->type_name("TIME")->group("Options");
  program.add_command(
      "check", "Check a tariff and its series of prices", [&queue](cli::Program&) { check(queue); }, &group);
  program.add_command(
      "list", "List the tariffs that can be named", [&queue](cli::Program&) { list(queue); }, &group);
}

}  // namespace turbodiff::app
