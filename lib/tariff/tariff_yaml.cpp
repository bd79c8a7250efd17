#include "tariff/tariff_yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/error.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"
#include "tariff/calendar_yaml.h"
#include "tariff/price_series.h"
#include "tariff/source_secrets.h"
#include "tariff/yaml_values.h"

namespace turbodiff::tariff {
namespace {

using core::Problems;
using core::YamlMap;
using core::YamlNode;

bool is_tariff_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool is_currency(std::string_view text) {
  return text.size() == 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

class TariffReader {
 public:
  TariffReader(const YamlNode& root, std::filesystem::path folder, Problems& problems)
      : root_(root), folder_(std::move(folder)), problems_(problems), top_(root, "", problems) {}

  Tariff read() {
    if (root_.kind != YamlNode::Kind::map) {
      if (root_.kind == YamlNode::Kind::null && problems_.empty())
        problems_.add(root_.where(), "the tariff is empty");
      return std::move(tariff_);
    }
    refuse_empty_keys(root_, top_, problems_);
    read_head();
    SpecialDays& special = tariff_.special;
    read_dates("holidays", special.holidays, special.holidays_where);
    read_dates("workdays", special.workdays, special.workdays_where);
    const YamlNode* prices = top_.find("prices");
    if (prices != nullptr) {
      for (const std::string_view key : {"rates", "seasons", "calendar"})
        if (const YamlNode* node = top_.find(key))
          problems_.add(node->where(), fmt::format("{} and prices exclude each other", key));
      tariff_.prices = read_prices(*prices);
    } else {
      tariff_.calendar = read_calendar(top_, true, problems_);
    }
    if (const YamlNode* node = top_.find("adders")) read_adders(*node);
    if (const YamlNode* node = top_.find("carbon")) read_carbon(*node);
    top_.finish();
    check_holes(prices);
    return std::move(tariff_);
  }

 private:
  void read_head() {
    if (top_.require("version") != nullptr) top_.integer("version", 1, 1);
    if (const YamlNode* node = top_.require("name")) {
      tariff_.name = core::yaml_text(*node, "name", problems_).value_or("");
      if (!is_tariff_name(tariff_.name))
        problems_.add(node->where(), "name must consist of a to z, 0 to 9 and -");
    }
    tariff_.description = top_.text("description").value_or("");
    if (const YamlNode* node = top_.require("timezone")) {
      const std::string name = core::yaml_text(*node, "timezone", problems_).value_or("");
      if (const auto zone = LocalZone::find(name)) {
        tariff_.zone = *zone;
        has_zone_ = true;
      } else if (!name.empty()) {
        problems_.add(node->where(), fmt::format("timezone: unknown zone '{}'{}", core::excerpt(name),
                                                 core::did_you_mean(name, LocalZone::names())));
      }
    }
    if (const YamlNode* node = top_.require("currency")) {
      tariff_.currency = core::yaml_text(*node, "currency", problems_).value_or("");
      if (!is_currency(tariff_.currency))
        problems_.add(node->where(), "currency must be a code of three capital letters like CNY (ISO 4217)");
    }
  }

  void read_dates(std::string_view key, std::vector<LocalDay>& days, std::string& where) {
    if (const YamlNode* node = top_.find(key)) where = node->where();
    for (const YamlNode* item : top_.list(key))
      if (const auto day = read_date(*item, key, problems_)) days.push_back(*day);
    std::sort(days.begin(), days.end());
    days.erase(std::unique(days.begin(), days.end()), days.end());
  }

  SeriesSource read_source(YamlMap& map, const YamlNode& node) {
    SeriesSource source;
    source.where = node.where();
    const YamlNode* file = map.find("file");
    const YamlNode* url = map.find("url");
    if ((file == nullptr) == (url == nullptr))
      problems_.add(node.where(),
                    fmt::format("one of {} and {} must be given", map.path_of("file"), map.path_of("url")));
    if (file != nullptr) {
      source.where = file->where();
      if (const auto text = core::yaml_text(*file, map.path_of("file"), problems_))
        source.file = (folder_ / *text).lexically_normal();
    }
    if (url != nullptr) {
      source.where = url->where();
      source.url = core::yaml_text(*url, map.path_of("url"), problems_).value_or("");
      if (!source.url.starts_with("http://") && !source.url.starts_with("https://"))
        problems_.add(url->where(),
                      fmt::format("{} must begin with https:// or http://", map.path_of("url")));
    }
    // A file is watched; that it may have a refresh as well spares whoever goes from one to the other.
    if (const YamlNode* refresh = map.find("refresh"))
      source.refresh_s =
          read_duration(*refresh, map.path_of("refresh"), problems_).value_or(source.refresh_s);
    return source;
  }

  Series read_series(YamlMap& map, const SeriesSource& source, std::string_view column) {
    Series series;
    if (const YamlNode* node = map.require("interval"))
      series.interval_s = read_duration(*node, map.path_of("interval"), problems_).value_or(0);
    if (series.interval_s > 0 && !source.file.empty())
      return load_series(source.file, source.where, column, series.interval_s, problems_);
    return series;
  }

  SpotPrices read_prices(const YamlNode& node) {
    SpotPrices prices;
    YamlMap map(node, "prices", problems_);
    refuse_empty_keys(node, map, problems_);
    prices.source = read_source(map, node);
    read_source_secrets(map, folder_, prices.source, problems_);
    prices.series = read_series(map, prices.source, "price");
    if (const YamlNode* off_peak = map.find("off_peak")) {
      YamlMap choice(*off_peak, "prices.off_peak", problems_);
      const YamlNode* below = choice.find("below");
      const YamlNode* cheapest = choice.find("cheapest");
      if ((below == nullptr) == (cheapest == nullptr))
        problems_.add(off_peak->where(), "prices.off_peak must have one of below and cheapest");
      if (below != nullptr) prices.off_peak_below = read_decimal(*below, "prices.off_peak.below", problems_);
      if (cheapest != nullptr)
        prices.off_peak_cheapest_s = read_duration(*cheapest, "prices.off_peak.cheapest", problems_);
      choice.finish();
    }
    if (const YamlNode* fallback = map.find("fallback")) {
      YamlMap choice(*fallback, "prices.fallback", problems_);
      if (const YamlNode* price = choice.require("price"))
        prices.fallback = read_decimal(*price, "prices.fallback.price", problems_);
      choice.finish();
    }
    map.finish();
    return prices;
  }

  void read_adders(const YamlNode& node) {
    YamlMap map(node, "adders", problems_);
    refuse_empty_keys(node, map, problems_);
    Adders& adders = tariff_.adders;
    if (const YamlNode* per_kwh = map.find("per_kwh")) {
      if (per_kwh->kind == YamlNode::Kind::map) {
        YamlMap block(*per_kwh, "adders.per_kwh", problems_);
        refuse_empty_keys(*per_kwh, block, problems_);
        adders.per_kwh_calendar = read_calendar(block, false, problems_);
        adders_where_ = per_kwh->where();
        block.finish();
      } else {
        adders.per_kwh = read_decimal(*per_kwh, "adders.per_kwh", problems_).value_or(Decimal{});
      }
    }
    if (const YamlNode* vat = map.find("vat")) {
      adders.vat = read_decimal(*vat, "adders.vat", problems_).value_or(Decimal{});
      if (adders.vat.negative() ||
          !is_below(0, 9, Decimal{10, 0} + Decimal{-adders.vat.mantissa, adders.vat.scale}))
        problems_.add(vat->where(), "adders.vat must be a fraction like 0.13, at least 0 and below 10");
    }
    map.finish();
  }

  void read_carbon(const YamlNode& node) {
    YamlMap map(node, "carbon", problems_);
    refuse_empty_keys(node, map, problems_);
    if (const YamlNode* grams = map.find("g_per_kwh")) {
      if (const auto value = read_decimal(*grams, "carbon.g_per_kwh", problems_)) {
        if (value->negative()) problems_.add(grams->where(), "carbon.g_per_kwh must not be negative");
        tariff_.carbon.milligram_per_kwh = round_scaled(*value, 3);
      }
      for (const std::string_view key : {"file", "url", "interval", "refresh"})
        if (const YamlNode* other = map.find(key))
          problems_.add(other->where(),
                        fmt::format("carbon.{} and carbon.g_per_kwh exclude each other", key));
    } else {
      tariff_.carbon.source = read_source(map, node);
      read_source_secrets(map, folder_, *tariff_.carbon.source, problems_);
      tariff_.carbon.series = read_series(map, *tariff_.carbon.source, "g_per_kwh");
    }
    map.finish();
  }

  /// Only when all else is right: a wrong rule leaves holes that nobody meant.
  void check_holes(const YamlNode* prices) {
    if (!problems_.empty() || !has_zone_) return;
    if (prices == nullptr)
      require_no_hole(*tariff_.calendar, tariff_.special, tariff_.zone, root_.find("calendar")->where(),
                      "calendar", problems_);
    if (tariff_.adders.per_kwh_calendar)
      require_no_hole(*tariff_.adders.per_kwh_calendar, tariff_.special, tariff_.zone, adders_where_,
                      "adders.per_kwh.calendar", problems_);
  }

  const YamlNode& root_;
  std::filesystem::path folder_;
  Problems& problems_;
  YamlMap top_;
  Tariff tariff_;
  bool has_zone_ = false;
  std::string adders_where_;
};

}  // namespace

Tariff parse_tariff(std::string_view text, const std::string& file, const std::filesystem::path& folder,
                    Problems& problems) {
  const YamlNode root = core::parse_yaml(text, file, problems);
  Tariff tariff = TariffReader(root, folder, problems).read();
  tariff.path = file;
  return tariff;
}

Tariff read_tariff(const std::filesystem::path& path) {
  Problems problems;
  const YamlNode root = core::load_yaml(path, problems);
  Tariff tariff = TariffReader(root, std::filesystem::absolute(path).parent_path(), problems).read();
  problems.throw_if_any();
  tariff.path = path;
  return tariff;
}

}  // namespace turbodiff::tariff
