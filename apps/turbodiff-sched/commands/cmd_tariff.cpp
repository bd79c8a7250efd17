// turbodiff-sched tariff show|check|list
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "core/text/text_table.h"
#include "span_curve.h"
#include "tariff/feed_check.h"
#include "tariff/tariff_check.h"
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

/// Why the tariff cannot be used as it is: 1 where a source did not give any price, 2 for what stands in a
/// file.
std::optional<Error> problem_of(const tariff::Tariff& tariff, const std::vector<tariff::Finding>& findings) {
  std::size_t errors = 0;
  bool source_failed = false;
  for (const tariff::Finding& finding : findings) {
    if (finding.severity != tariff::Finding::Severity::error) continue;
    ++errors;
    source_failed = source_failed || (tariff.prices && !tariff.prices->source.url.empty() &&
                                      (finding.code == "no-rows" || finding.code == "wrong-day"));
  }
  if (errors == 0) return std::nullopt;
  const std::string text = fmt::format("{}: {} cannot be used as it is: {} error{}", tariff.path.string(),
                                       tariff.name, errors, errors == 1 ? "" : "s");
  return source_failed ? Error::work_failed(text, "see above") : Error::bad_request(text, "see above");
}

void check(Queue& queue) {
  const tariff::Tariff tariff = queue.load_tariff(tariff::FeedAccess::always);
  std::vector<tariff::Finding> findings = tariff.findings;
  for (auto& list : {tariff::check_tariff(tariff, queue.now()), tariff::check_rules(tariff)})
    findings.insert(findings.end(), list.begin(), list.end());
  const auto problem = problem_of(tariff, findings);
  if (queue.program().flags().json) {
    Json list = Json::array();
    for (const tariff::Finding& finding : findings)
      list.push_back({{"severity", tariff::name_of(finding.severity)},
                      {"action", tariff::name_of(finding.action)},
                      {"code", finding.code},
                      {"message", finding.message},
                      {"where", finding.where}});
    queue.program().print_json({{"name", tariff.name}, {"ok", !problem}, {"findings", std::move(list)}});
  } else {
    std::string text;
    for (const tariff::Finding& finding : findings)
      text +=
          fmt::format("{}: {}{}{} ({})\n", tariff::name_of(finding.severity), finding.where,
                      finding.where.empty() ? "" : ": ", finding.message, tariff::name_of(finding.action));
    if (!problem)
      text += fmt::format(
          "{}: {} {}\n", tariff.path.string(), tariff.name,
          findings.empty() ? "is in order" : fmt::format("can be used, {} to look at", findings.size()));
    queue.program().print(text);
  }
  if (problem) throw cli::ReportedFailure(*problem);
}

void list_tariffs(Queue& queue) {
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
  queue.program().print(table.render(queue.program().table_columns()));
}

}  // namespace

void add_tariff(Queue& queue) {
  cli::Program& program = queue.program();
  CLI::App& group = program.add_command("tariff", "Show and check electricity tariffs", {});
  const auto span = std::make_shared<SpanFlags>();
  CLI::App& show_command = program.add_command(
      "show", "Draw the prices of a time span (the next 7 days)",
      [span, &queue](cli::Program&) { show(queue, *span); }, &group);
  show_command.add_option("--from", span->from, "Start of the span (today)")
      ->type_name("TIME")
      ->group("Options");
  show_command.add_option("--to", span->to, "End of the span (7 days later)")
      ->type_name("TIME")
      ->group("Options");
  program.add_command(
      "check", "Check a tariff, its rules and its series of prices",
      [&queue](cli::Program&) { check(queue); }, &group);
  program.add_command(
      "list", "List the tariffs that can be used by name", [&queue](cli::Program&) { list_tariffs(queue); },
      &group);
}

}  // namespace turbodiff::app
