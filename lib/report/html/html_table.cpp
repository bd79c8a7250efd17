#include "report/html/html_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/units.h"
#include "report/html/escape.h"
#include "report/row_texts.h"
#include "tariff/local_time.h"

namespace turbodiff::report {
namespace {

constexpr std::size_t longest_prompt = 240;

/// What the columns of this report are: those that nothing is known for are left out.
struct Shown {
  bool job = false, money = false, saving = false, waste = false, co2 = false, use = false, shares = false;
};

Shown shown_in(const Report& report) {
  Shown shown;
  shown.job = report.options.by == GroupBy::job;
  shown.shares = report.options.shares.electricity > 0;
  for (const Total& total : report.totals) {
    shown.money = shown.money || !total.currency.empty();
    shown.saving = shown.saving || total.of_jobs.has_asap;
    shown.waste = shown.waste || total.of_jobs.waste_wall != 0;
    shown.co2 = shown.co2 || total.machine.has_co2;
    shown.use = shown.use || utilisation_of(total.of_jobs).has_value();
  }
  return shown;
}

class Writer {
 public:
  explicit Writer(const PageInput& input)
      : input_(input), report_(input.report), shown_(shown_in(input.report)) {}

  std::string write() {
    out_ = "<table class=\"sortable\"><caption class=\"hidden\">";
    out_ += shown_.job ? "Jobs" : fmt::format("Use by {}", name_of(report_.options.by));
    out_ += "</caption><thead><tr>";
    heads();
    out_ += "</tr></thead>\n<tbody>\n";
    body();
    out_ += "</tbody>\n<tfoot>\n";
    for (const Total& total : report_.totals) {
      const std::string in =
          report_.totals.size() > 1 && !total.currency.empty() ? " in " + total.currency : "";
      if (total.of_idle.time > 0) {
        foot("all jobs" + in, total.of_jobs, total);
        foot("idle" + in, total.of_idle, total);
      }
      foot("total" + in, total.machine, total);
    }
    out_ += "</tfoot></table>\n";
    return std::move(out_);
  }

 private:
  void head(std::string_view label, std::string_view classes = "") {
    out_ += classes.empty()
                ? fmt::format("<th scope=\"col\"><span>{}</span></th>", label)
                : fmt::format("<th scope=\"col\" class=\"{}\"><span>{}</span></th>", classes, label);
  }

  void heads() {
    if (shown_.job) {
      head("Job", "n");
      head("State");
      head("Prompt");
      head("Started", "low");
    } else {
      std::string name(name_of(report_.options.by));
      name[0] = static_cast<char>(name[0] - 'a' + 'A');
      head(name);
      head("Jobs", "n");
    }
    head("Took", "n");
    head("kWh", "n low");
    if (shown_.money) head("Cost", "n");
    if (shown_.shares) head("Whole cost", "n low");
    if (shown_.saving) head("Saved", "n");
    if (shown_.waste) head("Waste", "n low");
    if (shown_.co2) head("CO\u2082 g", "n low");
    if (shown_.use) head("Use", "n low");
    if (!shown_.job) return;
    head("Rate", "low");
    head("Source", "low");
  }

  void cell(std::string_view classes, std::string_view value, std::string_view text) {
    out_ += fmt::format("<td class=\"{}\"{}>{}</td>", classes,
                        value.empty() ? std::string() : fmt::format(" data-v=\"{}\"", value), text);
  }

  void money(bool known, std::int64_t micro, const std::string& currency, std::string_view classes = "n") {
    if (!known || currency.empty()) return cell(classes, "0", "\u2013");
    cell(classes, money_text(micro), money_text(micro));
  }

  void sums(const Sums& sums, const std::string& currency) {
    const double seconds = static_cast<double>(sums.time) / 1e6;
    cell("n", fmt::format("{:.3f}", seconds), core::format_duration(seconds));
    cell("n low", kwh_text(sums.energy.wall), short_kwh(sums.energy.wall));
    if (shown_.money) money(true, sums.cost.gross.micro(), currency);
    if (shown_.shares) money(true, sums.whole(), currency, "n low");
    if (shown_.saving) money(sums.has_asap, sums.saving(), currency);
    if (shown_.waste) money(sums.waste_wall != 0, sums.waste_gross, currency, "n low");
    if (shown_.co2)
      cell("n low", {},
           sums.has_co2 ? fmt::format("{:.1f}", static_cast<double>(sums.co2_milligrams) / 1e3) : "\u2013");
    if (!shown_.use) return;
    const auto used = utilisation_of(sums);
    cell("n low", {}, used ? percent_text(*used) : "\u2013");
  }

  void job_row(const Row& row) {
    const Job& job = *row.job;
    cell("n", row.key, row.key + (row.partial ? "*" : ""));
    std::string state = html_escape(job.state);
    if (row.sums.failed_attempts > (job.state == "failed" ? 1 : 0))
      state += fmt::format(" <small class=\"bad\">{} failed</small>", row.sums.failed_attempts);
    cell(job.state == "failed" ? "state bad" : "state", {}, state);
    out_ += fmt::format("<td class=\"prompt\"><bdi>{}</bdi>{}</td>",
                        html_escape(shorten(job.prompt, longest_prompt)),
                        job.error.empty() ? std::string()
                                          : fmt::format("<br><small class=\"bad\"><bdi>{}</bdi></small>",
                                                        html_escape(shorten(job.error, longest_prompt))));
    cell("low when", job.started ? tariff::format_utc(*job.started / 1'000'000) : "",
         job.started ? tariff::format_local(*job.started / 1'000'000, report_.options.zone).substr(0, 16)
                     : "\u2013");
    sums(row.sums, row.currency);
    std::string rates;
    for (const std::string& rate : row.rates) rates += (rates.empty() ? "" : ", ") + html_escape(rate);
    cell("low", {}, rates.empty() ? "\u2013" : rates);
    std::string source = row.sums.measured() ? "measured" : "estimate";
    if (const auto doubt = row.sums.uncertainty_fraction()) source += " \u00B1" + percent_text(*doubt);
    for (const std::string& flag : row.flags)
      source += fmt::format(" <small class=\"bad\">{}</small>", html_escape(flag));
    cell("low", {}, source);
  }

  void body() {
    std::vector<const Row*> rows;
    for (const Row& row : report_.rows)
      if (row.kind == Row::Kind::jobs) rows.push_back(&row);
    // The newest jobs are those one looks for.
    const std::size_t hidden = rows.size() > input_.most_rows ? rows.size() - input_.most_rows : 0;
    std::vector<Row> rest;
    for (std::size_t i = 0; i < hidden; ++i) {
      auto place = std::find_if(rest.begin(), rest.end(),
                                [&](const Row& row) { return row.currency == rows[i]->currency; });
      if (place == rest.end()) {
        place = rest.insert(rest.end(), Row());
        place->currency = rows[i]->currency;
      }
      place->jobs += rows[i]->jobs;
      place->sums.add(rows[i]->sums);
    }
    for (const Row& row : rest) {
      out_ += fmt::format("<tr><td class=\"n\" data-v=\"0\">{} earlier</td>", row.jobs);
      if (shown_.job)
        out_ += "<td></td><td></td><td class=\"low\"></td>";
      else
        cell("n", {}, std::to_string(row.jobs));
      sums(row.sums, row.currency);
      if (shown_.job) out_ += "<td class=\"low\"></td><td class=\"low\"></td>";
      out_ += "</tr>\n";
    }
    for (std::size_t i = hidden; i < rows.size(); ++i) {
      out_ += "<tr>";
      if (shown_.job) {
        job_row(*rows[i]);
      } else {
        out_ += fmt::format("<th scope=\"row\">{}</th>", html_escape(rows[i]->key));
        cell("n", {}, std::to_string(rows[i]->jobs));
        sums(rows[i]->sums, rows[i]->currency);
      }
      out_ += "</tr>\n";
    }
  }

  void foot(const std::string& label, const Sums& of, const Total& total) {
    out_ += "<tr>";
    if (shown_.job)
      out_ +=
          fmt::format("<th scope=\"row\" colspan=\"3\">{}</th><td class=\"low\"></td>", html_escape(label));
    else
      out_ += fmt::format("<th scope=\"row\">{}</th><td class=\"n\">{}</td>", html_escape(label),
                          &of == &total.of_idle ? std::string() : std::to_string(total.jobs));
    sums(of, total.currency);
    if (shown_.job) out_ += "<td class=\"low\"></td><td class=\"low\"></td>";
    out_ += "</tr>\n";
  }

  const PageInput& input_;
  const Report& report_;
  Shown shown_;
  std::string out_;
};

}  // namespace

std::string html_table(const PageInput& input) {
  return Writer(input).write();
}

}  // namespace turbodiff::report
