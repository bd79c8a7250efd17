// turbodiff cost rent
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text/counted.h"
#include "core/text/strings.h"
#include "cost/rent.h"
#include "cost_commands.h"
#include "cost_load.h"
#include "report/html/svg_chart.h"

namespace turbodiff::app {
namespace {

using core::Money;
using cost::RentPlan;
using Json = nlohmann::ordered_json;

Json json_of(const std::optional<RentPlan>& plan) {
  if (!plan) return nullptr;
  return {{"monthly_gpus", plan->monthly_gpus},
          {"on_demand_hours", static_cast<double>(plan->on_demand_us) / 3.6e9},
          {"total", json_money(plan->total)}};
}

/// Costs of one month against its load, up to twice what one GPU does or 1.2 times the load.
report::LineChart chart_of(const cost::RentPrices& prices, std::int64_t largest_us,
                           const std::optional<std::int64_t>& even, const std::string& currency) {
  report::LineChart chart;
  chart.title = "Cost of a month on demand, by the month and mixed, against its load";
  chart.x_label = "GPU hours a month";
  chart.y_label = currency + " a month";
  chart.lines = {{"on demand", {}}};
  if (prices.per_month) {
    chart.lines.push_back({"by the month", {}});
    chart.lines.push_back({"mixed", {}});
  }
  const auto end =
      static_cast<double>(std::max<std::int64_t>(2 * cost::micros_a_month, largest_us + largest_us / 5));
  constexpr int steps = 240;
  for (int i = 0; i <= steps; ++i) {
    const auto load = static_cast<std::int64_t>(end / steps * i);
    const auto choice = cost::compare_rent({&load, 1}, prices);
    const double hours = static_cast<double>(load) / 3.6e9;
    chart.lines[0].points.emplace_back(hours, choice.on_demand.total.units());
    if (!choice.monthly) continue;
    chart.lines[1].points.emplace_back(hours, choice.monthly->total.units());
    chart.lines[2].points.emplace_back(hours, choice.hybrid->total.units());
  }
  if (even)
    chart.marks.push_back({static_cast<double>(*even) / 3.6e9, prices.per_month->units(),
                           fmt::format("break-even at {} h", hours_text(*even))});
  return chart;
}

void show_rent(cli::Program& program, const CostFlags& flags) {
  CostContext context(program, flags);
  const Subject subject = context.subject();
  if (!subject.rent_hour)
    throw Error::bad_request(fmt::format("no price of renting {} by the hour is known", subject.name),
                             "give it with --rent-hour");
  const cost::RentPrices prices{*subject.rent_hour, subject.rent_month};
  const std::vector<std::int64_t> loads = loads_of(flags, subject.run);
  const cost::RentChoice choice = cost::compare_rent(loads, prices);
  const auto even = cost::break_even_us(prices);
  const bool rough = subject.estimated("rent_hour") || subject.estimated("rent_month") ||
                     (flags.videos && subject.estimated("seconds"));
  const std::string& currency = context.currency();

  report::Page page;
  page.title = "Renting " + subject.title;
  page.subtitle =
      fmt::format("{} {} an hour on demand{}", exact_amount(prices.per_hour), currency,
                  prices.per_month ? fmt::format(", {} a month of 730 h", exact_amount(*prices.per_month))
                                   : ", no price by the month (--rent-month)");
  report::PageBlock block;
  std::vector<std::string> hours;
  for (const std::int64_t load : loads) hours.push_back(hours_text(load));
  block.heading = fmt::format("{} GPU hours {}", core::join(hours, " + "),
                              loads.size() == 1 ? "a month" : fmt::format("in {} months", loads.size()));
  block.table.columns = {{"PLAN"}, {"GPUS BY THE MONTH", true}, {"HOURS ON DEMAND", true}, {currency, true}};
  const auto add = [&](const char* name, const RentPlan& plan) {
    block.table.rows.push_back({name, std::to_string(plan.monthly_gpus), hours_text(plan.on_demand_us),
                                large_amount(plan.total, rough)});
  };
  add("on demand", choice.on_demand);
  if (choice.monthly) {
    add("by the month", *choice.monthly);
    add("mixed", *choice.hybrid);
  }
  if (even)
    block.lines.push_back(fmt::format(
        "Renting by the month pays off from {} h of work of one GPU on ({:.1f} % of it, {}): {} / {}.",
        hours_text(*even), 100.0 * static_cast<double>(*even) / static_cast<double>(cost::micros_a_month),
        core::counted((*even + subject.run.microseconds - 1) / subject.run.microseconds, "video"),
        exact_amount(*prices.per_month), exact_amount(prices.per_hour)));
  else if (prices.per_month)
    block.lines.emplace_back("Renting by the month never pays off: 730 h on demand cost less.");
  block.figure =
      report::draw(chart_of(prices, *std::max_element(loads.begin(), loads.end()), even, currency));
  page.blocks.push_back(std::move(block));
  page.notes = context.notes({subject});

  Json loads_json = Json::array();
  for (const std::int64_t load : loads) loads_json.push_back(static_cast<double>(load) / 3.6e9);
  Json json = context.json_head();
  json.update(Json{{"gpu", subject.name},
                   {"per_hour", json_money(prices.per_hour)},
                   {"per_month", json_money(prices.per_month)},
                   {"hours", std::move(loads_json)},
                   {"on_demand", json_of(choice.on_demand)},
                   {"monthly", json_of(choice.monthly)},
                   {"mixed", json_of(choice.hybrid)},
                   {"break_even_hours", even ? Json(static_cast<double>(*even) / 3.6e9) : Json()},
                   {"break_even_videos",
                    even ? Json((*even + subject.run.microseconds - 1) / subject.run.microseconds) : Json()},
                   {"estimates", subject.estimates}});
  deliver(context, page, json);
}

}  // namespace

std::vector<std::int64_t> loads_of(const CostFlags& flags, const cost::Run& run) {
  if (flags.videos && flags.hours_a_month)
    throw Error::bad_request("--videos and --hours-per-month exclude each other");
  if (!flags.videos && !flags.hours_a_month)
    throw Error::bad_request("no load is given", "give --videos or --hours-per-month");
  if (flags.videos) {
    const std::int64_t videos = integer_flag("--videos", *flags.videos, 1, 1'000'000'000);
    const __int128 load = static_cast<__int128>(videos) * run.microseconds;
    if (load > 100'000 * static_cast<__int128>(cost::micros_a_month))
      throw Error::bad_request("--videos: so many need more than 100000 GPUs");
    return {static_cast<std::int64_t>(load)};
  }
  std::vector<std::int64_t> loads;
  for (const std::string_view text : core::split(*flags.hours_a_month, ',')) {
    const tariff::Decimal hours = decimal_flag("--hours-per-month", std::string(core::trim(text)), false);
    loads.push_back(tariff::round_product(hours, {3'600'000'000, 0}, 0));
  }
  if (loads.size() > 120) throw Error::bad_request("--hours-per-month has more than 120 months");
  return loads;
}

void add_cost_rent(cli::Program& program, CLI::App& parent, CostFlags& flags) {
  CLI::App& command = program.add_command(
      "rent", "Compare renting on demand, by the month and mixed, with the break-even load",
      [&flags](cli::Program& running) { show_rent(running, flags); }, &parent);
  add_run_options(command, flags);
  command.add_option("--videos", flags.videos, "Videos a month")->type_name("N")->group("Load");
  command
      .add_option("--hours-per-month", flags.hours_a_month, "GPU hours a month; several months: 100,250,80")
      ->type_name("H")
      ->group("Load");
  add_rent_hour_option(command, flags);
  command.add_option("--rent-month", flags.rent_month, "Price of renting a month of 730 hours")
      ->type_name("P")
      ->group("Prices");
  add_price_options(command, flags);
  add_output_options(command, flags);
}

}  // namespace turbodiff::app
