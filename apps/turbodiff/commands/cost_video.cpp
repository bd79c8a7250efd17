// turbodiff cost video
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "core/text/counted.h"
#include "cost_commands.h"
#include "tariff/tariff_report.h"

namespace turbodiff::app {
namespace {

using core::Money;
using Json = nlohmann::ordered_json;

struct NamedPrice {
  std::string name;
  tariff::Price price;
};

/// The tariff's rates, where it has a handful; the means of its off-peak and other hours; the mean of all.
std::vector<NamedPrice> prices_of(const cost::YearPrices& year) {
  std::vector<NamedPrice> prices;
  const auto& shares = year.shares();
  const bool rates = shares.size() <= 12 && shares.front().rate;
  if (rates)
    for (const cost::PriceShare& share : shares) prices.push_back({*share.rate, share.price});
  const auto off_peak = year.mean(true), peak = year.mean(false);
  if (!rates && off_peak && peak) {
    prices.push_back({"off-peak (mean)", *off_peak});
    prices.push_back({"other hours (mean)", *peak});
  }
  if (prices.size() != 1)
    prices.push_back({shares.size() == 1 ? "all hours" : "all hours (mean)", *year.mean()});
  return prices;
}

void show_video(cli::Program& program, const CostFlags& flags) {
  CostContext context(program, flags);
  const Subject subject = context.subject();
  const std::int64_t videos =
      flags.videos ? integer_flag("--videos", *flags.videos, 1, 1'000'000'000) : std::int64_t{1};
  const cost::Run& run = subject.run;
  const core::Kwh one = cost::energy_of(run, 1), all = cost::energy_of(run, videos);
  const bool estimate = subject.estimated("seconds") || subject.estimated("watts");
  const double seconds = static_cast<double>(run.microseconds) / 1e6;

  report::Page page;
  page.title =
      fmt::format("{}: {}", videos == 1 ? "One video" : core::counted(videos, "video"), subject.title);
  page.subtitle =
      fmt::format("{} s{} x {} W = {} kWh{}, {:.3g} frames a joule", seconds,
                  subject.estimated("seconds") ? "~" : "", static_cast<double>(run.milliwatts) / 1e3,
                  one.to_string(), estimate ? "~" : "", cost::frames_per_joule(run));
  Json electricity = Json::array();
  report::PageBlock block;
  block.heading = fmt::format("Electricity, {}", context.currency());
  block.table.columns = {{"RATE", false, true}, {"PER KWH", true}, {"ONE VIDEO", true}};
  if (videos > 1) block.table.columns.push_back({fmt::format("{} VIDEOS", videos), true});
  if (context.has_electricity()) {
    for (const NamedPrice& named : prices_of(context.electricity())) {
      const auto cost = energy::cost_at(one.microjoules(), named.price);
      const auto total = energy::cost_at(all.microjoules(), named.price);
      std::vector<std::string> row = {named.name, tariff::format_price(named.price.gross),
                                      small_amount(cost.gross, estimate)};
      if (videos > 1) row.push_back(small_amount(total.gross, estimate));
      block.table.rows.push_back(std::move(row));
      electricity.push_back({{"rate", named.name},
                             {"price_per_kwh", Json::parse(tariff::format_price(named.price.gross))},
                             {"one", json_cost(cost, context.currency())},
                             {"all", json_cost(total, context.currency())}});
    }
    page.blocks.push_back(std::move(block));
  }
  Json rent;
  if (subject.rent_hour) {
    // C = N x T / 60 x P
    const Money each = cost::rent_of(run.microseconds, *subject.rent_hour);
    const Money total = subject.rent_hour->scaled(videos * run.microseconds, 3'600'000'000);
    const bool rough = subject.estimated("seconds") || subject.estimated("rent_hour");
    report::PageBlock rented;
    rented.heading =
        fmt::format("Rented at {} {} an hour", exact_amount(*subject.rent_hour), context.currency());
    rented.lines.push_back(fmt::format("{} x {:.6g} min / 60 x {} = {} {}; one video {}", videos,
                                       seconds / 60, exact_amount(*subject.rent_hour),
                                       small_amount(total, rough), context.currency(),
                                       small_amount(each, rough)));
    page.blocks.push_back(std::move(rented));
    rent = {
        {"per_hour", json_money(*subject.rent_hour)}, {"one", json_money(each)}, {"all", json_money(total)}};
  }
  page.notes = context.notes({subject});
  if (!context.has_electricity())
    page.notes.insert(page.notes.begin(),
                      "No price of electricity is given: name a tariff with --tariff, or --price-per-kwh.");
  Json json = context.json_head();
  json.update(Json{{"gpu", subject.name},
                   {"videos", videos},
                   {"seconds", seconds},
                   {"scope", subject.whole ? "whole" : "denoise"},
                   {"watts", static_cast<double>(run.milliwatts) / 1e3},
                   {"frames", run.frames},
                   {"kwh_per_video", json_kwh(one)},
                   {"kwh", json_kwh(all)},
                   {"frames_per_joule", cost::frames_per_joule(run)},
                   {"electricity", std::move(electricity)},
                   {"rent", std::move(rent)},
                   {"estimates", subject.estimates}});
  deliver(context, page, json);
}

}  // namespace

void add_cost_video(cli::Program& program, CLI::App& parent, CostFlags& flags) {
  CLI::App& command = program.add_command(
      "video", "Show energy, electricity at every rate, and rent of one or more videos",
      [&flags](cli::Program& running) { show_video(running, flags); }, &parent);
  add_run_options(command, flags);
  command.add_option("--videos", flags.videos, "Number of videos (1)")->type_name("N")->group("Run");
  add_rent_hour_option(command, flags);
  add_price_options(command, flags);
  add_output_options(command, flags);
}

}  // namespace turbodiff::app
