// turbodiff cost buy
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "core/text/counted.h"
#include "cost/buy_or_rent.h"
#include "cost_commands.h"
#include "cost_load.h"
#include "report/html/svg_chart.h"

namespace turbodiff::app {
namespace {

using core::Money;
using Json = nlohmann::ordered_json;

report::LineChart chart_of(const cost::BuyOrRent& result, const std::string& currency) {
  report::LineChart chart;
  chart.title = "Cash paid by month for owning and for renting";
  chart.x_label = "months";
  chart.y_label = currency + " paid so far";
  chart.lines = {{"owning (resale at the end)", {}}, {"renting", {}}};
  for (std::size_t month = 0; month < result.own_by_month.size(); ++month) {
    const auto x = static_cast<double>(month);
    if (month + 1 == result.own_by_month.size()) {
      // The resale falls at the end of the last month.
      const Money before = result.own_by_month[month] + result.years.back().resale;
      chart.lines[0].points.emplace_back(x, before.units());
    }
    chart.lines[0].points.emplace_back(x, result.own_by_month[month].units());
    chart.lines[1].points.emplace_back(x, result.rent_by_month[month].units());
  }
  if (result.break_even_month) {
    const auto month = static_cast<std::size_t>(*result.break_even_month);
    chart.marks.push_back({static_cast<double>(month), result.rent_by_month[month].units(),
                           fmt::format("break-even in month {}", month)});
  }
  return chart;
}

/// A row a year; columns of nothing are left out, and large amounts are shown without decimals.
report::PageTable table_of(const cost::BuyOrRent& result) {
  struct Column {
    const char* header;
    Money cost::OwnedYear::*amount;
  };
  constexpr Column columns[] = {
      {"PRICE", &cost::OwnedYear::purchase},  {"POWER", &cost::OwnedYear::electricity},
      {"COOLING", &cost::OwnedYear::cooling}, {"OTHER", &cost::OwnedYear::other},
      {"RESALE", &cost::OwnedYear::resale},   {"PAID", &cost::OwnedYear::cash},
      {"WEAR", &cost::OwnedYear::wear},       {"RENT", &cost::OwnedYear::rent}};
  const Money large = Money::from_units(100'000);
  bool whole = false;
  for (const cost::OwnedYear& year : result.years)
    for (const Column& column : columns) whole = whole || year.*column.amount >= large;
  report::PageTable table;
  table.columns.push_back({"YEAR", true});
  for (std::size_t year = 1; year <= result.years.size(); ++year)
    table.rows.push_back({std::to_string(year)});
  for (const Column& column : columns) {
    bool any = false;
    for (const cost::OwnedYear& year : result.years) any = any || year.*column.amount != Money();
    if (!any) continue;
    table.columns.push_back({column.header, true});
    for (std::size_t year = 0; year < result.years.size(); ++year) {
      const Money amount = result.years[year].*column.amount;
      const bool income = column.amount == &cost::OwnedYear::resale;
      const Money shown = income ? Money() - amount : amount;
      std::string text = large_amount(shown);
      if (whole) text = std::to_string(core::divide_half_even(shown.micro(), 1'000'000));
      table.rows[year].push_back(text);
    }
  }
  return table;
}

void show_buy(cli::Program& program, const CostFlags& flags) {
  CostContext context(program, flags);
  const Subject subject = context.subject();
  if (!subject.price)
    throw Error::bad_request(fmt::format("no price of {} is known", subject.name), "give it with --price");
  if (!subject.rent_hour)
    throw Error::bad_request(fmt::format("no price of renting {} by the hour is known", subject.name),
                             "give it with --rent-hour");
  const std::vector<std::int64_t> loads = loads_of(flags, subject.run);
  if (loads.size() != 1) throw Error::bad_request("--hours-per-month must be one number here");
  const cost::YearCosts electricity(context.electricity(), context.hour_choice());
  cost::Purchase purchase;
  purchase.price = *subject.price;
  purchase.resale = *subject.resale;
  purchase.years = context.years();
  purchase.milliwatts = subject.run.milliwatts;
  purchase.cooling = context.cooling();
  if (flags.other) purchase.other_a_year = cost::money_of(decimal_flag("--other", *flags.other, false));
  const auto result = cost::buy_or_rent(loads.front(), purchase, electricity, *subject.rent_hour);
  const auto even = cost::break_even_load_s(purchase, electricity, *subject.rent_hour);
  const bool own_rough = subject.estimated("price") || subject.estimated("resale") ||
                         subject.estimated("watts") || (flags.videos && subject.estimated("seconds"));
  const bool rent_rough = subject.estimated("rent_hour") || (flags.videos && subject.estimated("seconds"));
  const std::string& currency = context.currency();

  report::Page page;
  page.title = fmt::format("Buying or renting {}", subject.title);
  page.subtitle = fmt::format(
      "{} GPU hours a month for {} in {}: {} bought at {}{}, sold at {}, electricity in {} hours; or "
      "{} an hour.",
      hours_text(loads.front()), core::counted(purchase.years, "year"), currency,
      result.gpus == 1 ? "one" : std::to_string(result.gpus),
      large_amount(purchase.price, subject.estimated("price")), result.gpus == 1 ? "" : " each",
      large_amount(purchase.resale, subject.estimated("resale")), context.hour_choice_name(),
      exact_amount(*subject.rent_hour));
  report::PageBlock block;
  block.table = table_of(result);
  Json years = Json::array();
  int number = 0;
  for (const cost::OwnedYear& year : result.years) {
    ++number;
    years.push_back({{"year", number},
                     {"purchase", json_money(year.purchase)},
                     {"electricity", json_money(year.electricity)},
                     {"cooling", json_money(year.cooling)},
                     {"other", json_money(year.other)},
                     {"resale", json_money(year.resale)},
                     {"cash", json_money(year.cash)},
                     {"wear", json_money(year.wear)},
                     {"book_value", json_money(year.book_value)},
                     {"cost", json_money(year.cost)},
                     {"rent", json_money(year.rent)}});
  }
  const Money gap = result.rent_total - result.own_total;
  block.lines.push_back(fmt::format(
      "Owning costs {} in all, renting {}: {} saves {}.", large_amount(result.own_total, own_rough),
      large_amount(result.rent_total, rent_rough), gap >= Money() ? "owning" : "renting",
      large_amount(gap >= Money() ? gap : Money() - gap, own_rough || rent_rough)));
  block.lines.push_back(
      result.break_even_month
          ? fmt::format(
                "By the end of month {} renting has cost as much as owning, without selling anything.",
                *result.break_even_month)
          : fmt::format("Within {} years renting never costs as much as owning, as long as nothing is sold.",
                        purchase.years));
  block.lines.push_back(even ? fmt::format("One GPU is worth buying from {:.1f} h of work a month on ({:.1f} "
                                           "% of 730 h), resale counted.",
                                           static_cast<double>(*even) / 3600,
                                           100.0 * static_cast<double>(*even) / cost::seconds_a_month)
                             : "At no load is one GPU worth buying, resale counted.");
  block.figure = report::draw(chart_of(result, currency));
  page.blocks.push_back(std::move(block));
  page.notes = context.notes({subject});

  Json json = context.json_head();
  json.update(Json{{"gpu", subject.name},
                   {"gpus", result.gpus},
                   {"hours_per_month", static_cast<double>(loads.front()) / 3.6e9},
                   {"hours", context.hour_choice_name()},
                   {"years", std::move(years)},
                   {"electricity_per_year", json_cost(result.electricity_a_year, currency)},
                   {"own_total", json_money(result.own_total)},
                   {"rent_total", json_money(result.rent_total)},
                   {"break_even_month", result.break_even_month ? Json(*result.break_even_month) : Json()},
                   {"break_even_hours_per_month", even ? Json(static_cast<double>(*even) / 3600) : Json()},
                   {"estimates", subject.estimates}});
  deliver(context, page, json);
}

}  // namespace

void add_cost_buy(cli::Program& program, CLI::App& parent, CostFlags& flags) {
  CLI::App& command = program.add_command(
      "buy", "Compare buying and renting over years: depreciation, electricity, cooling, resale",
      [&flags](cli::Program& running) { show_buy(running, flags); }, &parent);
  add_run_options(command, flags);
  const auto option = [&](const char* name, std::optional<std::string>& target, const char* help,
                          const char* type, const char* group) {
    command.add_option(name, target, help)->type_name(type)->group(group);
  };
  option("--videos", flags.videos, "Videos a month", "N", "Load");
  option("--hours-per-month", flags.hours_a_month, "GPU hours a month", "H", "Load");
  option("--years", flags.years, "Years until it is sold (3)", "N", "Load");
  option("--price", flags.price, "Price of one GPU", "P", "Prices");
  option("--resale", flags.resale, "Resale price of one GPU at the end", "P", "Prices");
  option("--host-price", flags.host_price, "Price of the rest of the computer, for each GPU", "P", "Prices");
  option("--cooling", flags.cooling, "Energy for cooling, as a share of the electricity (0)", "SHARE",
         "Prices");
  option("--other", flags.other, "Other costs of owning one GPU a year", "P", "Prices");
  add_rent_hour_option(command, flags);
  add_price_options(command, flags);
  add_output_options(command, flags);
}

}  // namespace turbodiff::app
