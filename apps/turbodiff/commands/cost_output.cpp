// Options, amounts and formats of the cost commands.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/os/output_file.h"
#include "core/text/json_text.h"
#include "core/text/text_width.h"
#include "cost_context.h"

namespace turbodiff::app {
namespace {

using core::Money;
using Json = nlohmann::ordered_json;

std::string decimals(Money amount, int places) {
  const std::int64_t unit = places == 2 ? 10'000 : 1;
  const std::int64_t value = core::divide_half_even(amount.micro(), unit);
  const std::int64_t whole = places == 2 ? 100 : 1'000'000;
  return fmt::format("{}{}.{:0{}}", value < 0 ? "-" : "", std::abs(value) / whole, std::abs(value) % whole,
                     places);
}

}  // namespace

void add_output_options(CLI::App& command, CostFlags& flags, bool with_page) {
  command.add_option("--gpus", flags.gpus_file, "File of GPUs instead of the user's own (gpus.yaml)")
      ->type_name("FILE")
      ->group("Output");
  command.add_option("--format", flags.format, "Output format (table)")
      ->type_name(with_page ? "table|json|html" : "table|json")
      ->group("Output");
  command.add_option("-o,--output", flags.output, "Write the result to a file")
      ->type_name("FILE")
      ->group("Output");
  command.add_flag("--force", flags.force, "Replace an existing file")->group("Output");
}

void add_price_options(CLI::App& command, CostFlags& flags) {
  const auto option = [&](const char* name, std::optional<std::string>& target, const char* help,
                          const char* type) {
    command.add_option(name, target, help)->type_name(type)->group("Prices");
  };
  option("--tariff", flags.tariff, "Tariff file, or the name of a shipped one", "FILE|NAME");
  option("--price-per-kwh", flags.price_per_kwh, "One price of electricity instead of a tariff", "P");
  option("--when", flags.hours, "Hours of the tariff to use first (off-peak)", "off-peak|cheapest|any");
  option("--currency", flags.currency, "Currency of the result, without a tariff", "CODE");
  option("--exchange", flags.exchange, "What one unit of the file's currency is in the result's", "RATE");
}

void add_rent_hour_option(CLI::App& command, CostFlags& flags) {
  command.add_option("--rent-hour", flags.rent_hour, "Price of renting one hour")
      ->type_name("P")
      ->group("Prices");
}

void add_run_options(CLI::App& command, CostFlags& flags) {
  command.add_option("--gpu", flags.gpus, "GPU in the file; can be given several times")
      ->type_name("NAME")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group("Run");
  const auto option = [&](const char* name, std::optional<std::string>& target, const char* help,
                          const char* type) {
    command.add_option(name, target, help)->type_name(type)->group("Run");
  };
  option("--model", flags.model, "Model whose seconds are taken from the file", "NAME");
  option("--seconds", flags.seconds, "Seconds of one video, measured", "S");
  option("--watts", flags.watts, "Watts while it generates, measured", "W");
  option("--host-watts", flags.host_watts, "Watts of the rest of the computer (0)", "W");
  option("--frames", flags.frames, "Frames of one video", "N");
}

std::string small_amount(Money amount, bool estimate) {
  return decimals(amount, 6) + (estimate ? "~" : "");
}

std::string large_amount(Money amount, bool estimate) {
  return decimals(amount, 2) + (estimate ? "~" : "");
}

std::string exact_amount(Money amount) {
  std::string text = amount.to_string();
  while (text.ends_with('0') && text[text.size() - 3] != '.') text.pop_back();
  return text;
}

std::string hours_text(std::int64_t microseconds) {
  return fmt::format("{:.1f}", static_cast<double>(microseconds) / 3.6e9);
}

Json json_money(Money amount) {
  return amount.units();
}

Json json_money(const std::optional<Money>& amount) {
  return amount ? Json(amount->units()) : Json();
}

Json json_kwh(core::Kwh energy) {
  return Json::parse(energy.to_string());
}

Json json_cost(const energy::Cost& cost, const std::string& currency) {
  return {{"cost", cost.gross.units()},
          {"currency", currency},
          {"cost_detail",
           {{"net", cost.net.units()}, {"levies", cost.levies.units()}, {"vat", cost.vat.units()}}}};
}

void deliver(CostContext& context, const report::Page& page, const Json& result) {
  cli::Program& program = context.program();
  const CostFlags& flags = context.flags();
  const std::string format = flags.format.value_or(program.flags().json ? "json" : "table");
  if (format != "table" && format != "json" && format != "html")
    throw Error::bad_request(
        fmt::format("--format must be table, json or html, not '{}'", core::excerpt(format, 40)));
  if (program.flags().json && format != "json")
    throw Error::bad_request(fmt::format("--json and --format {} exclude each other", format));
  if (program.flags().json && flags.output)
    throw Error::bad_request("--json writes to standard output", "for a file give --format json -o FILE");
  if (format == "json" && !flags.output) return program.print_json(result);
  std::string text;
  if (format == "json") {
    Json whole = {{"schema_version", 1}};
    whole.update(result);
    text = core::json_text(whole, {.indent = 2}) + "\n";
  } else {
    text = format == "html" ? report::html_of(page)
                            : report::text_of(page, flags.output ? 0 : program.table_columns());
  }
  if (!flags.output) return program.print(text);
  core::OutputFile file(program.paths().expand(*flags.output), flags.force);
  std::ofstream out(file.temp_path(), std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw Error::work_failed("cannot write '" + file.final_path().string() + "'");
  file.commit();
  program.log().info("wrote {}", file.final_path().string());
}

}  // namespace turbodiff::app
