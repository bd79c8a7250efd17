#include "report/html/html.h"

#include <fmt/format.h>

#include <cmath>

#include "core/units.h"
#include "report/html/charts.h"
#include "report/html/escape.h"
#include "report/html/html_table.h"
#include "report/html/page_assets.h"
#include "report/row_texts.h"
#include "tariff/local_time.h"

namespace turbodiff::report {
namespace {

constexpr std::size_t most_currencies = 4;

struct Legend {
  std::string classes, label;
};

class PageWriter {
 public:
  explicit PageWriter(const PageInput& input) : input_(input), report_(input.report) {}

  std::string write() {
    open();
    if (report_.rows.empty()) {
      out_ += "<section class=\"box\"><p>No attempts to run a job have ended in this span.</p></section>\n";
    } else {
      cards();
      advice();
      charts();
      bill();
      table();
    }
    out_ += fmt::format(
        "<footer><p>Made by {} on {}. Costs are at the prices that held when each job ran; every row is a "
        "whole number "
        "of millionths, and rows add up to the totals exactly.</p></footer>\n</main>\n<script>{}</script>\n"
        "</body></html>\n",
        html_escape(input_.program), local(input_.made_at), page_script());
    return std::move(out_);
  }

 private:
  std::string local(Seconds instant) const {
    return html_escape(tariff::format_local(instant, report_.options.zone));
  }

  std::string span() const {
    if (!report_.first || !report_.last) return "an empty span";
    return local(*report_.first) + " to " + local(*report_.last);
  }

  void open() {
    out_ = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {}; script-src "
        "{}; "
        "base-uri 'none'; form-action 'none'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Report, "
        "{}</title>\n<style>{}</style></head>\n"
        "<body><main>\n<h1>Energy, cost and savings of the jobs</h1>\n<p class=\"sub\">{} ({})</p>\n",
        policy_hash(page_style()), policy_hash(page_script()), span(), page_style(), span(),
        html_escape(report_.options.zone.name()));
  }

  void card(std::string_view name, const std::string& value, const std::string& more,
            std::string_view classes = "") {
    out_ +=
        fmt::format("<div class=\"card\"><dt>{}</dt><dd{}>{}</dd><dd class=\"more\">{}</dd></div>\n", name,
                    classes.empty() ? std::string() : fmt::format(" class=\"{}\"", classes), value, more);
  }

  void cards() {
    out_ += "<dl class=\"cards\">\n";
    Sums all;
    for (const Total& total : report_.totals) {
      all.add(total.machine);
      if (total.currency.empty()) continue;
      const std::string currency = " <small>" + html_escape(total.currency) + "</small>";
      card("Cost", short_money(total.machine.cost.gross.micro()) + currency,
           report_.options.shares.electricity > 0
               ? fmt::format("{} with depreciation and cooling", short_money(total.machine.whole()))
               : fmt::format("exactly {}", money_text(total.machine.cost.gross.micro())));
      const Sums& jobs = total.of_jobs;
      if (jobs.has_asap) {
        const double once = static_cast<double>(jobs.asap_gross);
        card(jobs.saving() < 0 ? "Lost by waiting" : "Saved by waiting",
             short_money(std::abs(jobs.saving())) + currency,
             fmt::format(
                 "{} at once{}", short_money(jobs.asap_gross),
                 once > 0 ? ", " + percent_text(static_cast<double>(jobs.saving()) / once) + " less" : ""),
             jobs.saving() < 0 ? "bad" : "good");
      }
      if (jobs.waste_wall > 0)
        card("Waste", short_money(jobs.waste_gross) + currency,
             fmt::format("{} kWh in attempts without a result", short_kwh(jobs.waste_wall)), "bad");
      if (total.of_idle.time > 0)
        card("Idle", short_money(total.of_idle.cost.gross.micro()) + currency,
             fmt::format("{} kWh in {}", short_kwh(total.of_idle.energy.wall),
                         core::format_duration(static_cast<double>(total.of_idle.time) / 1e6)));
    }
    card("Energy", short_kwh(all.energy.wall) + " <small>kWh</small>",
         all.measured()                          ? "measured"
         : all.estimated_wall == all.energy.wall ? "estimated"
                                                 : "partly estimated");
    card("Jobs", std::to_string(report_.jobs),
         fmt::format("{} done, {} failed, in {}", report_.done, report_.failed,
                     core::format_duration(static_cast<double>(job_time()) / 1e6)));
    if (all.has_co2)
      card("CO\u2082",
           fmt::format("{:.{}f} <small>kg</small>", static_cast<double>(all.co2_milligrams) / 1e6,
                       all.co2_milligrams < 1'000'000 ? 4 : 2),
           "of the electricity");
    out_ += "</dl>\n";
  }

  Micros job_time() const {
    Micros time = 0;
    for (const Total& total : report_.totals) time += total.of_jobs.time;
    return time;
  }

  void advice() {
    if (input_.advice.empty()) return;
    out_ += "<section class=\"advice\"><h2>Findings</h2><ul>\n";
    for (const Advice& one : input_.advice) out_ += fmt::format("<li>{}</li>\n", html_escape(one.text));
    out_ += "</ul></section>\n";
  }

  /// Draws a chart for wide and for narrow screens.
  template <typename Draw>
  void figure(std::string_view title, const std::string& caption, double height,
              const std::vector<Legend>& legend, Draw draw) {
    const std::string id = fmt::format("c{}", ++figures_);
    const std::string wide = draw(Frame{1000, height, false, id + "w"});
    if (wide.empty()) return;
    out_ += fmt::format("<figure><h2>{}</h2><figcaption>{}</figcaption>\n{}{}", title, caption, wide,
                        draw(Frame{344, height * 0.85, true, id + "n"}));
    if (!legend.empty()) {
      out_ += "<ul class=\"legend\">";
      for (const Legend& entry : legend)
        out_ += fmt::format(
            "<li><span class=\"key\"><svg viewBox=\"0 0 14 14\" aria-hidden=\"true\"><rect class=\"{}\" "
            "width=\"14\" "
            "height=\"14\" rx=\"3\"/></svg></span>{}</li>",
            entry.classes, html_escape(entry.label));
      out_ += "</ul>";
    }
    out_ += "</figure>\n";
  }

  static std::string a_period(PeriodUnit unit) {
    switch (unit) {
      case PeriodUnit::minute:
        return "minute";
      case PeriodUnit::ten_minutes:
        return "ten minutes";
      case PeriodUnit::hour:
        return "hour";
      case PeriodUnit::day:
        return "day";
      case PeriodUnit::month:
        break;
    }
    return "month";
  }

  void time_line(const Charts& made) {
    const CurrencyCharts& first = made.currencies.front();
    std::vector<Legend> legend;
    for (const RateColour& rate : first.rates) {
      bool drawn = false;
      for (const PriceStep& step : made.line.prices) drawn = drawn || step.label == rate.label;
      if (drawn)
        legend.push_back(
            {fmt::format("f{} paid", rate.colour), rate.label + (rate.off_peak ? " (off-peak)" : "")});
    }
    bool failed = false, cut = false;
    for (const AttemptBar& bar : made.line.bars) {
      failed = failed || bar.attempt->outcome == Outcome::failed;
      cut = cut || bar.attempt->outcome == Outcome::interrupted;
    }
    legend.push_back({"done", "job done"});
    if (failed) legend.push_back({"failed", "attempt failed"});
    if (cut) legend.push_back({"cutoff", "interrupted"});
    const std::string newest =
        made.line.cut ? fmt::format(" The newest part, from {}.", local(made.line.start / 1'000'000)) : "";
    figure("Price and jobs",
           "Pale where nothing ran, full where the price was paid; the bars below are attempts." + newest,
           230, legend,
           [&](const Frame& frame) { return draw_prices(frame, made.line, first, report_.options.zone); });

    legend.clear();
    bool parts = false, whole = false, idle = false;
    for (const PowerStep& step : made.line.power) {
      idle = idle || step.idle;
      parts = parts || (!step.idle && step.has_parts);
      whole = whole || (!step.idle && !step.has_parts);
    }
    if (parts) legend = {{"fgpu", "GPU"}, {"fcpu", "CPU"}, {"frest", "rest"}};
    if (whole) legend.push_back({"fwhole", "whole machine"});
    if (idle) legend.push_back({"fidle", "idle"});
    figure("Power",
           parts ? "The line is what the whole machine draws at the wall; what lies between it and the areas "
                   "is lost in "
                   "the power supply or goes into cooling."
                 : "What the whole machine draws, as far as it is known.",
           200, legend,
           [&](const Frame& frame) { return draw_power(frame, made.line, report_.options.zone); });
  }

  void charts() {
    const Charts made = make_charts(input_);
    time_line(made);
    const std::string period = a_period(made.unit);
    std::size_t count = 0;
    for (const CurrencyCharts& one : made.currencies) {
      if (one.buckets.empty() || count++ == most_currencies) continue;
      const std::string in = made.currencies.size() > 1 && !one.currency.empty() ? " in " + one.currency : "";
      if (!one.currency.empty()) {
        std::vector<Legend> legend;
        for (std::size_t k = 0; k < one.rates.size(); ++k)
          for (const Bucket& bucket : one.buckets)
            if (bucket.gross[k] != 0) {
              legend.push_back({fmt::format("f{}", one.rates[k].colour), one.rates[k].label});
              break;
            }
        if (one.has_idle) legend.push_back({"fidle", "idle"});
        figure(html_escape(fmt::format("Cost per {}{}", period, in)),
               "Stacked by rate, the cheapest at the bottom.", 220, legend,
               [&](const Frame& frame) { return draw_costs(frame, one); });
        figure(
            html_escape("Savings" + in),
            fmt::format("Per {}: the cost had each job run at once when it was added, and the cost as run.",
                        period),
            200, {{"once", "at once"}, {"f0", "as run"}},
            [&](const Frame& frame) { return draw_savings(frame, one); });
      }
      utilisation(one, period);
    }
  }

  static std::string verdict(const CurrencyCharts& one, double used) {
    std::vector<const Sums*> periods;
    for (const Bucket& bucket : one.buckets) periods.push_back(&bucket.jobs);
    const auto trend = trend_of(periods);
    const double now = trend ? trend->now : used;
    std::string text = fmt::format("Jobs used {} of the device while they ran", percent_text(used));
    if (trend && std::abs(trend->now - trend->before) > 0.05)
      text += fmt::format(", {} from {} to {}", trend->now < trend->before ? "falling" : "rising",
                          percent_text(trend->before), percent_text(trend->now));
    text += ". ";
    if (now < low_utilisation)
      return text + "<strong class=\"bad\">Low utilisation: smaller tier, merge, or stop.</strong>";
    return text + "The device is well used.";
  }

  void utilisation(const CurrencyCharts& one, const std::string& period) {
    Sums all;
    for (const Bucket& bucket : one.buckets) all.add(bucket.jobs);
    const auto used = utilisation_of(all);
    std::string caption = fmt::format("Per {}. ", period);
    if (!used)
      caption +=
          "The utilisation of the device was not measured; the bars show the share of the time in which jobs "
          "ran.";
    else
      caption += verdict(one, *used);
    std::vector<Legend> legend;
    if (all.gpu.over > 0) legend.push_back({"dgpu", "GPU, while running"});
    if (all.cpu.over > 0) legend.push_back({"dcpu", "CPU, while running"});
    legend.push_back({"busy", "share of the time in which jobs ran"});
    figure("Utilisation", caption, 200, legend,
           [&](const Frame& frame) { return draw_utilisation(frame, one); });
  }

  void bill() {
    bool any = false;
    for (const Total& total : report_.totals) any = any || !total.currency.empty();
    if (!any) return;
    const bool shares = report_.options.shares.electricity > 0;
    out_ +=
        "<section class=\"box\"><h2>How the cost is made up</h2><div class=\"scroll\" tabindex=\"0\" "
        "role=\"region\" "
        "aria-label=\"How the cost is made up\"><table><thead><tr><th scope=\"col\"><span>Part</span></th>";
    for (const std::string_view name : {"Energy", "Levies", "VAT", "Electricity"})
      out_ += fmt::format("<th scope=\"col\" class=\"n\"><span>{}</span></th>", name);
    if (shares)
      for (const std::string_view name : {"Depreciation", "Cooling", "Whole"})
        out_ += fmt::format("<th scope=\"col\" class=\"n\"><span>{}</span></th>", name);
    out_ += "</tr></thead><tbody>\n";
    for (const Total& total : report_.totals) {
      if (total.currency.empty()) continue;
      const std::pair<std::string_view, const Sums*> parts[] = {
          {"jobs", &total.of_jobs}, {"idle", &total.of_idle}, {"total", &total.machine}};
      for (const auto& [name, sums] : parts) {
        if (total.of_idle.time == 0 && name != "total") continue;
        out_ += fmt::format("<tr><th scope=\"row\">{}, {}</th>", name, html_escape(total.currency));
        for (const core::Money part : {sums->cost.net, sums->cost.levies, sums->cost.vat, sums->cost.gross})
          out_ += fmt::format("<td class=\"n\">{}</td>", money_text(part.micro()));
        if (shares)
          for (const std::int64_t micro : {sums->depreciation, sums->cooling, sums->whole()})
            out_ += fmt::format("<td class=\"n\">{}</td>", money_text(micro));
        out_ += "</tr>\n";
      }
    }
    out_ += "</tbody></table></div></section>\n";
  }

  void table() {
    std::size_t rows = 0;
    bool partial = false;
    for (const Row& row : report_.rows) {
      rows += row.kind == Row::Kind::jobs ? 1 : 0;
      partial = partial || row.partial;
    }
    std::string name(name_of(report_.options.by));
    out_ += fmt::format("<section class=\"box\"><h2>{}</h2>\n",
                        report_.options.by == GroupBy::job ? std::string("Jobs") : "By " + name);
    if (rows > input_.most_rows)
      out_ += fmt::format(
          "<p class=\"note\">The newest {} of {} rows; the earlier ones are added up in the first. "
          "'turbodiff-sched report --format csv' lists all.</p>\n",
          input_.most_rows, rows);
    if (partial) out_ += "<p class=\"note\">* only the part within the span</p>\n";
    out_ +=
        "<p class=\"hidden\" id=\"sorted\" aria-live=\"polite\"></p><div class=\"scroll\" tabindex=\"0\" "
        "role=\"region\" aria-label=\"Table\">" +
        html_table(input_) + "</div></section>\n";
  }

  const PageInput& input_;
  const Report& report_;
  std::string out_;
  int figures_ = 0;
};

}  // namespace

std::string html_page(const PageInput& input) {
  return PageWriter(input).write();
}

}  // namespace turbodiff::report
