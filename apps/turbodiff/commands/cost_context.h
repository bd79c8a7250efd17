// What the cost commands share: the catalogue, the tariff, currencies, and what is known of one GPU.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/program.h"
#include "cost/cost_per_video.h"
#include "cost/gpu_catalogue.h"
#include "cost/year_prices.h"
#include "report/html/cost_page.h"
#include "tariff/tariff.h"

namespace CLI {
class App;
}

namespace turbodiff::app {

struct CostFlags {
  // all commands
  std::optional<std::string> gpus_file, format, output;
  bool force = false;
  // prices
  std::optional<std::string> tariff, price_per_kwh, currency, exchange, hours;
  // the run and the GPU
  std::vector<std::string> gpus;
  std::optional<std::string> model, seconds, watts, host_watts, frames;
  std::optional<std::string> rent_hour, rent_month, price, host_price, resale;
  // the load
  std::optional<std::string> videos, hours_a_month, hours_a_day, years, cooling, other;
};

/// Adds options to a command; each is bound to the same flags, so it may be given before or after the
/// command's name.
void add_output_options(CLI::App& command, CostFlags& flags, bool with_page = true);
void add_price_options(CLI::App& command, CostFlags& flags);
void add_run_options(CLI::App& command, CostFlags& flags);
void add_rent_hour_option(CLI::App& command, CostFlags& flags);

/// A decimal number of an option. Error bad_request that names it, also for one below 0 or, with `positive`,
/// 0.
tariff::Decimal decimal_flag(std::string_view option, const std::string& text, bool positive);
/// An integer within [least, most].
std::int64_t integer_flag(std::string_view option, const std::string& text, std::int64_t least,
                          std::int64_t most);

/// One GPU and a run on it, in the currency of the output.
struct Subject {
  std::string name, title;
  cost::Run run;
  bool whole = true;  ///< whether the seconds cover the whole generation, not denoising alone
  std::optional<core::Money> price, rent_hour, rent_month;
  std::optional<core::Money> resale;   ///< after `years`
  std::vector<std::string> estimates;  ///< names of figures that are estimates

  bool estimated(std::string_view figure) const;
};

class CostContext {
 public:
  /// With `with_prices` false no tariff is read, and electricity() must not be called.
  CostContext(cli::Program& program, const CostFlags& flags, bool with_prices = true);

  cli::Program& program() { return program_; }
  const CostFlags& flags() const { return flags_; }
  const cost::GpuCatalogue& catalogue() const { return catalogue_; }
  /// --model, else the first model of the catalogue.
  std::string model() const;
  const std::string& currency() const { return currency_; }
  std::optional<std::string> tariff_name() const;

  bool has_electricity() const { return prices_ != nullptr; }
  /// Error bad_request when neither a tariff nor --price-per-kwh is given.
  const cost::YearPrices& electricity() const;
  /// From --hours: off-peak, cheapest, any.
  cost::HourChoice hour_choice() const;
  std::string_view hour_choice_name() const;

  int years() const;
  tariff::Decimal hours_a_day() const;
  tariff::Decimal cooling() const;

  /// The requested GPUs; without --gpu all that have seconds for the model, or the user's own figures alone
  /// where --seconds and --watts are given. Error not_found for an unknown GPU or model.
  std::vector<Subject> subjects();
  /// The only subject. Error bad_request when there are several.
  Subject subject();

  nlohmann::ordered_json json_head();
  /// The assumptions behind the figures, for the end of a page.
  std::vector<std::string> notes(const std::vector<Subject>& subjects) const;

 private:
  void load_catalogue();
  void load_electricity();
  void fetch_prices();
  /// The folders of the user's own tariffs and GPUs.
  std::vector<std::filesystem::path> user_folders() const;
  std::int64_t now() const;
  core::Money converted(const cost::Figure& figure, const std::string& from);
  Subject subject_of(const cost::Gpu* gpu);

  cli::Program& program_;
  const CostFlags& flags_;
  cost::GpuCatalogue catalogue_;
  std::optional<tariff::Tariff> tariff_;
  std::string currency_;
  std::unique_ptr<cost::YearPrices> prices_;
  std::string priced_share_;  ///< describes the covered part where the tariff covers only part of a year
  struct Exchange {
    std::string from;
    std::string rate;
    bool inverse = false;
    std::string source, date;
    bool estimate = false;
  };
  std::vector<Exchange> exchanges_;
};

/// With 6 decimals, and "~" behind an estimate.
std::string small_amount(core::Money amount, bool estimate = false);
/// With 2 decimals.
std::string large_amount(core::Money amount, bool estimate = false);
/// With all its decimals, at least 2.
std::string exact_amount(core::Money amount);
std::string hours_text(std::int64_t microseconds);

nlohmann::ordered_json json_money(core::Money amount);
nlohmann::ordered_json json_money(const std::optional<core::Money>& amount);
nlohmann::ordered_json json_kwh(core::Kwh energy);
/// {"cost", "currency", "cost_detail": {"net", "levies", "vat"}}
nlohmann::ordered_json json_cost(const energy::Cost& cost, const std::string& currency);

/// Prints or writes a result in the format of --format, --json and -o.
void deliver(CostContext& context, const report::Page& page, const nlohmann::ordered_json& json);

}  // namespace turbodiff::app
