// turbodiff cost: what a video costs on each GPU, owned and rented
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "core/text/counted.h"
#include "cost_commands.h"
#include "report/html/svg_chart.h"

namespace turbodiff::app {
namespace {

using core::Money;
using Json = nlohmann::ordered_json;

/// The cost of one video on one's own GPU, at a number of hours of work per day.
struct Owned {
  std::optional<Money> electricity, cooling;  ///< without a price of electricity there are none
  std::optional<Money> wear;                  ///< without a price of the GPU there is none
  std::optional<Money> total;                 ///< when all are known
};

class Overview {
 public:
  Overview(cli::Program& program, const CostFlags& flags)
      : context_(program, flags), subjects_(context_.subjects()) {}

  void run() {
    for (const Subject& subject : subjects_) add(subject);
    page_.title =
        fmt::format("One video with {}", context_.flags().seconds ? "your figures" : context_.model());
    page_.subtitle = fmt::format("In {}. Owned: {} hours a day for {}, {} hours first.", context_.currency(),
                                 tariff::to_string(context_.hours_a_day()),
                                 core::counted(context_.years(), "year"), context_.hour_choice_name());
    report::PageBlock block;
    block.table.columns = {
        {"GPU"},        {"SECONDS", true}, {"WH", true},    {"FRAMES/J", true}, {"OFF-PEAK", true},
        {"PEAK", true}, {"OWNED", true},   {"RENTED", true}};
    block.table.rows = std::move(rows_);
    if (!bars_.bars.empty()) {
      bars_.title = "Cost of one video on each GPU, owned and rented";
      bars_.series = {"electricity", "cooling", "wear", "rent"};
      block.figure = report::draw(bars_);
    }
    page_.blocks.push_back(std::move(block));
    page_.notes = context_.notes(subjects_);
    if (!context_.has_electricity())
      page_.notes.insert(
          page_.notes.begin(),
          "No price of electricity is given: name a tariff with --tariff, or --price-per-kwh.");
    page_.notes.emplace_back(
        "OFF-PEAK and PEAK are electricity alone, at the year's mean of those hours. More: cost "
        "video, rent, buy, gpus, route.");
    Json json = context_.json_head();
    json["model"] = context_.model();
    json["years"] = context_.years();
    json["hours_per_day"] = Json::parse(tariff::to_string(context_.hours_a_day()));
    json["gpus"] = std::move(gpus_);
    deliver(context_, page_, json);
  }

 private:
  Owned owned(const Subject& subject) {
    Owned owned;
    if (context_.has_electricity()) {
      const std::int64_t load_s = tariff::round_product(context_.hours_a_day(), {3600LL * 365, 0}, 0);
      const cost::YearCosts costs(context_.electricity(), context_.hour_choice());
      const Money year = costs.of(load_s, subject.run.milliwatts).gross;
      owned.electricity = year.scaled(subject.run.microseconds, load_s * 1'000'000);
      owned.cooling = cost::times(*owned.electricity, context_.cooling());
    }
    if (subject.price)
      owned.wear = cost::wear_of(subject.run, *subject.price - *subject.resale, context_.years(),
                                 context_.hours_a_day());
    if (owned.electricity && owned.wear) owned.total = *owned.electricity + *owned.cooling + *owned.wear;
    return owned;
  }

  Json electricity_at(std::optional<bool> off_peak, const core::Kwh& energy) const {
    const auto price = context_.has_electricity() ? context_.electricity().mean(off_peak) : std::nullopt;
    return price ? json_cost(energy::cost_at(energy.microjoules(), *price), context_.currency()) : Json();
  }

  void add(const Subject& subject) {
    const core::Kwh energy = cost::energy_of(subject.run, 1);
    const Owned owned = this->owned(subject);
    const auto rented = subject.rent_hour
                            ? std::optional(cost::rent_of(subject.run.microseconds, *subject.rent_hour))
                            : std::nullopt;
    const bool run_estimate = subject.estimated("seconds") || subject.estimated("watts");
    const bool own_estimate = run_estimate || subject.estimated("price") || subject.estimated("resale");
    const bool rent_estimate = subject.estimated("seconds") || subject.estimated("rent_hour");
    const Json off_peak = electricity_at(true, energy), peak = electricity_at(false, energy);
    const auto electricity = [&](const Json& cost) {
      return cost.is_null() ? std::string("-")
                            : small_amount(Money::from_units(cost["cost"].get<double>()), run_estimate);
    };
    const double seconds = static_cast<double>(subject.run.microseconds) / 1e6;
    rows_.push_back({subject.name, fmt::format("{:.1f}{}", seconds, subject.estimated("seconds") ? "~" : ""),
                     fmt::format("{:.3f}{}", energy.kwh() * 1000, run_estimate ? "~" : ""),
                     fmt::format("{:.3g}{}", cost::frames_per_joule(subject.run), run_estimate ? "~" : ""),
                     electricity(off_peak), electricity(peak),
                     owned.total ? small_amount(*owned.total, own_estimate) : "-",
                     rented ? small_amount(*rented, rent_estimate) : "-"});
    gpus_.push_back({{"name", subject.name},
                     {"title", subject.title},
                     {"seconds", seconds},
                     {"scope", subject.whole ? "whole" : "denoise"},
                     {"watts", static_cast<double>(subject.run.milliwatts) / 1e3},
                     {"frames", subject.run.frames},
                     {"kwh", json_kwh(energy)},
                     {"frames_per_joule", cost::frames_per_joule(subject.run)},
                     {"off_peak", off_peak},
                     {"peak", peak},
                     {"owned",
                      {{"electricity", json_money(owned.electricity)},
                       {"cooling", json_money(owned.cooling)},
                       {"wear", json_money(owned.wear)},
                       {"total", json_money(owned.total)}}},
                     {"rented", json_money(rented)},
                     {"estimates", subject.estimates}});
    if (owned.total)
      bars_.bars.push_back({subject.name + ", owned",
                            small_amount(*owned.total, own_estimate),
                            {std::max(0.0, owned.electricity->units()), std::max(0.0, owned.cooling->units()),
                             owned.wear->units(), 0}});
    if (rented)
      bars_.bars.push_back(
          {subject.name + ", rented", small_amount(*rented, rent_estimate), {0, 0, 0, rented->units()}});
  }

  CostContext context_;
  std::vector<Subject> subjects_;
  report::Page page_;
  std::vector<std::vector<std::string>> rows_;
  report::BarChart bars_;
  Json gpus_ = Json::array();
};

}  // namespace

void add_cost(cli::Program& program) {
  const auto flags = std::make_shared<CostFlags>();
  CLI::App& command =
      program.add_command("cost", "Compare what videos cost by GPU: electricity, renting, buying",
                          [flags](cli::Program& running) { Overview(running, *flags).run(); });
  add_run_options(command, *flags);
  add_price_options(command, *flags);
  const auto option = [&](const char* name, std::optional<std::string>& target, const char* help,
                          const char* type) {
    command.add_option(name, target, help)->type_name(type)->group("Owning");
  };
  option("--hours-per-day", flags->hours_a_day, "Hours of work that the purchase is spread over (8)", "H");
  option("--years", flags->years, "Years until it is sold (3)", "N");
  option("--cooling", flags->cooling, "Energy for cooling, as a share of the electricity (0)", "SHARE");
  add_output_options(command, *flags);
  command.footer(
      "Examples:\n"
      "  turbodiff cost --tariff cn-two-rate --model wan2.1-t2v-14b-720p\n"
      "  turbodiff cost video --seconds 110 --watts 450 --videos 100 --tariff cn-two-rate\n"
      "  turbodiff cost rent --gpu rtx-4090 --hours-per-month 300\n"
      "  turbodiff cost buy --gpu rtx-4090 --hours-per-month 240 --tariff cn-two-rate\n"
      "  turbodiff cost --tariff cn-two-rate --format html -o cost.html");
  add_cost_video(program, command, *flags);
  add_cost_rent(program, command, *flags);
  add_cost_buy(program, command, *flags);
  add_cost_gpus(program, command, *flags);
  add_cost_route(program, command, *flags);
}

}  // namespace turbodiff::app
