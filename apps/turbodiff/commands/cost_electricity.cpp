// Prices of electricity for `turbodiff cost`.
#include <fmt/format.h>

#include <algorithm>

#include "core/os/signals.h"
#include "core/text/text_width.h"
#include "cost_context.h"
#include "tariff/feed_check.h"
#include "tariff/local_time.h"
#include "tariff/make_curve.h"
#include "tariff/price_feed.h"
#include "tariff/tariff_folder.h"
#include "tariff/tariff_yaml.h"

namespace turbodiff::app {
namespace fs = std::filesystem;
namespace {

bool is_currency(std::string_view text) {
  return text.size() == 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// A year from today on; for a series the stretch that it covers, at most its last year.
tariff::PriceCurve year_of(const tariff::Tariff& tariff, tariff::Seconds now) {
  tariff::Seconds from = tariff.zone.day_start(tariff.zone.day_at(now));
  tariff::Seconds to = from + cost::seconds_a_year;
  if (tariff.prices && !tariff.prices->series.rows.empty()) {
    const tariff::Series& series = tariff.prices->series;
    to = series.rows.back().start + series.interval_s;
    from = std::max(series.rows.front().start, to - cost::seconds_a_year);
  }
  return tariff::make_curve(tariff, from, to);
}

}  // namespace

std::int64_t CostContext::now() const {
  return std::chrono::floor<std::chrono::seconds>(program_.clock().now()).time_since_epoch().count();
}

/// Of a tariff whose prices come from a url; kept for the next call.
void CostContext::fetch_prices() {
  tariff::FeedOptions options;
  const fs::path cache = program_.cache_dir_or_empty();
  options.folder = cache.empty() ? fs::temp_directory_path() / "turbodiff-prices" : cache / "prices";
  options.stop = core::interrupted;
  options.environment = program_.environment();
  tariff::fill_feeds(*tariff_, now(), options);
  for (const tariff::Finding& finding : tariff_->findings)
    if (finding.until > now())
      program_.log().warn("{}: {} ({})", finding.where, finding.message, tariff::name_of(finding.action));
}

void CostContext::load_electricity() {
  const auto name = flags_.tariff ? flags_.tariff : program_.config().text("tariff");
  if (name) {
    std::vector<fs::path> folders;
    for (const fs::path& folder : user_folders()) folders.push_back(folder / "tariffs");
    for (const fs::path& folder : program_.paths().shared_dirs("schedules")) folders.push_back(folder);
    const std::string expanded = name->starts_with("~") ? program_.paths().expand(*name).string() : *name;
    tariff_ = tariff::read_tariff(tariff::find_tariff(expanded, folders));
    if (!flags_.price_per_kwh) fetch_prices();
  }
  currency_ = flags_.currency           ? *flags_.currency
              : tariff_                 ? tariff_->currency
              : catalogue_.gpus.empty() ? "USD"
                                        : catalogue_.gpus.front().currency;
  if (!is_currency(currency_))
    throw Error::bad_request(
        fmt::format("--currency must be a code like EUR, not '{}'", core::excerpt(currency_, 40)));
  if (flags_.price_per_kwh) {
    const std::int64_t nano =
        tariff::round_scaled(decimal_flag("--price-per-kwh", *flags_.price_per_kwh, false), 9);
    prices_ = std::make_unique<cost::YearPrices>(cost::YearPrices::flat({nano, nano, 0, 0}));
  } else if (tariff_) {
    if (tariff_->currency != currency_)
      throw Error::bad_request(
          fmt::format("--currency: the tariff '{}' is in {}", tariff_->name, tariff_->currency),
          "leave --currency out");
    prices_ = std::make_unique<cost::YearPrices>(year_of(*tariff_, now()));
    if (prices_->priced_seconds() < cost::seconds_a_year)
      priced_share_ = core::format_duration(static_cast<double>(prices_->priced_seconds()));
  }
  if (flags_.exchange) decimal_flag("--exchange", *flags_.exchange, true);
}

std::optional<std::string> CostContext::tariff_name() const {
  if (flags_.price_per_kwh || !tariff_) return std::nullopt;
  return tariff_->name;
}

const cost::YearPrices& CostContext::electricity() const {
  if (prices_) return *prices_;
  throw Error::bad_request("no price of electricity is given",
                           "name a tariff with --tariff, or give --price-per-kwh");
}

cost::HourChoice CostContext::hour_choice() const {
  const std::string_view name = hour_choice_name();
  if (name == "cheapest") return cost::HourChoice::cheapest;
  return name == "any" ? cost::HourChoice::any : cost::HourChoice::off_peak;
}

std::string_view CostContext::hour_choice_name() const {
  for (const std::string_view name : {"off-peak", "cheapest", "any"})
    if (flags_.hours.value_or("off-peak") == name) return name;
  throw Error::bad_request(
      fmt::format("--when must be off-peak, cheapest or any, not '{}'", core::excerpt(*flags_.hours, 40)));
}

}  // namespace turbodiff::app
