// turbodiff cost gpus
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cost_commands.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const cost::Figure& figure) {
  return {{"value", Json::parse(tariff::to_string(figure.value))},
          {"source", figure.source},
          {"date", figure.date},
          {"estimate", figure.estimate}};
}

Json json_of(const std::optional<cost::Figure>& figure) {
  return figure ? json_of(*figure) : Json();
}

std::string cell(const std::optional<cost::Figure>& figure) {
  return figure ? tariff::to_string(figure->value) + (figure->estimate ? "~" : "") : "-";
}

void show_gpus(cli::Program& program, const CostFlags& flags) {
  CostContext context(program, flags, false);
  report::Page page;
  page.title = "GPUs and their figures";
  report::PageBlock table, sources;
  table.table.columns = {{"NAME"},          {"GB", true},      {"WATTS", true},
                         {"PRICE", true},   {"LEFT", true},    {"YEARS", true},
                         {"AN HOUR", true}, {"A MONTH", true}, {"IN"}};
  sources.heading = "Sources";
  sources.table.columns = {
      {"GPU"}, {"FIGURE", false, true}, {"VALUE", true}, {"DATE"}, {"SOURCE", false, true}};
  Json gpus = Json::array();
  for (const cost::Gpu& gpu : context.catalogue().gpus) {
    if (!flags.gpus.empty() && std::find(flags.gpus.begin(), flags.gpus.end(), gpu.name) == flags.gpus.end())
      continue;
    table.table.rows.push_back({gpu.name, gpu.memory_gb > 0 ? std::to_string(gpu.memory_gb) : "-",
                                cell(gpu.watts), cell(gpu.price), cell(gpu.resale),
                                gpu.resale ? tariff::to_string(gpu.resale_years) : "-", cell(gpu.rent_hour),
                                cell(gpu.rent_month), gpu.currency});
    const auto source = [&](const char* name, const std::optional<cost::Figure>& figure) {
      if (figure) sources.table.rows.push_back({gpu.name, name, cell(figure), figure->date, figure->source});
    };
    source("watts", gpu.watts);
    source("price", gpu.price);
    source("resale", gpu.resale);
    source("rent an hour", gpu.rent_hour);
    source("rent a month", gpu.rent_month);
    Json runs = Json::array();
    for (const cost::RunFigure& run : gpu.runs) {
      source(("s, " + run.model).c_str(), run.seconds);
      runs.push_back({{"model", run.model},
                      {"seconds", json_of(run.seconds)},
                      {"frames", run.frames},
                      {"scope", run.whole ? "whole" : "denoise"}});
    }
    gpus.push_back({{"name", gpu.name},
                    {"title", gpu.title},
                    {"memory_gb", gpu.memory_gb > 0 ? Json(gpu.memory_gb) : Json()},
                    {"currency", gpu.currency},
                    {"watts", json_of(gpu.watts)},
                    {"price", json_of(gpu.price)},
                    {"resale", json_of(gpu.resale)},
                    {"resale_years", gpu.resale ? Json::parse(tariff::to_string(gpu.resale_years)) : Json()},
                    {"rent_hour", json_of(gpu.rent_hour)},
                    {"rent_month", json_of(gpu.rent_month)},
                    {"seconds", std::move(runs)},
                    {"file", gpu.file}});
  }
  for (const std::string& name : flags.gpus) context.catalogue().get(name);
  Json exchange = Json::array();
  for (const cost::ExchangeRate& rate : context.catalogue().exchange) {
    Json item = {{"from", rate.from}, {"to", rate.to}};
    item.update(json_of(rate.rate));
    exchange.push_back(std::move(item));
    sources.table.rows.push_back(
        {"-", rate.from + " in " + rate.to, cell(rate.rate), rate.rate.date, rate.rate.source});
  }
  page.blocks = {std::move(table), std::move(sources)};
  page.notes = {
      "~ is an estimate. Your own figures go into gpus.yaml in the configuration folder, or --gpus FILE."};
  deliver(context, page, Json{{"gpus", std::move(gpus)}, {"exchange", std::move(exchange)}});
}

}  // namespace

void add_cost_gpus(cli::Program& program, CLI::App& parent, CostFlags& flags) {
  CLI::App& command = program.add_command(
      "gpus", "Show the figures of every GPU, with source and date",
      [&flags](cli::Program& running) { show_gpus(running, flags); }, &parent);
  command.add_option("--gpu", flags.gpus, "GPU in the file; can be given several times")
      ->type_name("NAME")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group("Run");
  add_output_options(command, flags);
}

}  // namespace turbodiff::app
