#include <fmt/format.h>

#include <array>

#include "core/text/text_table.h"
#include "core/units.h"
#include "report/formats.h"
#include "report/row_texts.h"
#include "tariff/local_time.h"

namespace turbodiff::report {
namespace {

using Align = core::TextTable::Align;

struct Columns {
  bool saving = false, waste = false, co2 = false, utilisation = false, whole = false;
};

Columns columns_of(const Report& report) {
  Columns columns;
  for (const Total& total : report.totals) {
    columns.saving = columns.saving || total.of_jobs.has_asap;
    columns.waste = columns.waste || total.of_jobs.waste_wall != 0;
    columns.co2 = columns.co2 || total.machine.has_co2;
    columns.utilisation = columns.utilisation || utilisation_of(total.of_jobs).has_value();
  }
  columns.whole = report.options.shares.electricity > 0;
  return columns;
}

std::string heading(GroupBy by) {
  std::string name(name_of(by));
  for (char& c : name) c = static_cast<char>(c - 'a' + 'A');
  return name;
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : ", ") + value;
  return text.empty() ? "-" : text;
}

void add_sums(std::vector<std::string>& cells, const Columns& columns, const Sums& sums,
              const std::string& currency) {
  const auto money = [&](bool known, std::int64_t micro) {
    return known && !currency.empty() ? money_text(micro) : std::string("-");
  };
  cells.push_back(core::format_duration(static_cast<double>(sums.time) / 1e6));
  cells.push_back(kwh_text(sums.energy.wall));
  cells.push_back(currency.empty() ? "-" : money_text(sums.cost.gross.micro()) + " " + currency);
  if (columns.whole) cells.push_back(money(true, sums.whole()));
  if (columns.saving) cells.push_back(money(sums.has_asap, sums.saving()));
  if (columns.waste) cells.push_back(money(true, sums.waste_gross));
  if (columns.co2)
    cells.push_back(sums.has_co2 ? fmt::format("{:.1f}", static_cast<double>(sums.co2_milligrams) / 1e3)
                                 : "-");
  if (columns.utilisation) {
    const auto used = utilisation_of(sums);
    cells.push_back(used ? percent_text(*used) : "-");
  }
}

std::string local_short(const Report& report, const std::optional<Micros>& instant) {
  return instant ? tariff::format_local(*instant / 1'000'000, report.options.zone).substr(5, 11) : "-";
}

}  // namespace

std::string table_text(const Report& report, const std::vector<Advice>& advice, int width) {
  if (report.rows.empty()) return "no attempts to run a job have ended in this span\n";
  const bool by_job = report.options.by == GroupBy::job;
  const Columns columns = columns_of(report);
  core::TextTable table;
  if (by_job)
    table.add_column("JOB", Align::right).add_column("STATE").add_column("STARTED");
  else
    table.add_column(heading(report.options.by), Align::left, true).add_column("JOBS", Align::right);
  table.add_column("TOOK", Align::right).add_column("KWH", Align::right).add_column("COST", Align::right);
  if (columns.whole) table.add_column("WHOLE", Align::right);
  if (columns.saving) table.add_column("SAVED", Align::right);
  if (columns.waste) table.add_column("WASTE", Align::right);
  if (columns.co2) table.add_column("CO2 G", Align::right);
  if (columns.utilisation) table.add_column("USE", Align::right);
  if (by_job) table.add_column("RATE", Align::left, true).add_column("PROMPT", Align::left, true);

  const auto add = [&](std::string key, std::string second, std::string third, const Row& row) {
    std::vector<std::string> cells = {std::move(key), std::move(second)};
    if (by_job) cells.push_back(std::move(third));
    add_sums(cells, columns, row.sums, row.currency);
    if (by_job) {
      cells.push_back(row.job != nullptr ? joined(row.rates) : "");
      cells.push_back(row.job != nullptr ? row.job->prompt.substr(0, row.job->prompt.find('\n')) : "");
    }
    table.add_row(std::move(cells));
  };
  for (const Row& row : report.rows) {
    if (row.job != nullptr)
      add(row.key + (row.partial ? "*" : ""), row.job->state, local_short(report, row.job->started), row);
    else
      add(row.key, by_job || row.kind == Row::Kind::idle ? "" : std::to_string(row.jobs), "", row);
  }
  for (const Total& total : report.totals) {
    Row row;
    row.sums = total.machine;
    row.currency = total.currency;
    add("total", by_job ? "" : std::to_string(total.jobs), "", row);
  }
  const auto local = [&](const std::optional<Seconds>& instant) {
    return instant ? tariff::format_local(*instant, report.options.zone) : std::string("?");
  };
  std::string text =
      fmt::format("{} to {} ({})\n\n", local(report.first), local(report.last), report.options.zone.name()) +
      table.render(width);
  bool partial = false;
  for (const Row& row : report.rows) partial = partial || row.partial;
  if (partial) text += "* only the part within the span\n";
  if (!advice.empty()) text += "\n";
  for (const Advice& one : advice) text += fmt::format("{}: {}\n", one.topic, one.text);
  return text;
}

}  // namespace turbodiff::report
