#include "tariff/calendar_yaml.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/text/strings.h"
#include "core/text/text_width.h"
#include "tariff/calendar.h"
#include "tariff/local_time.h"
#include "tariff/yaml_values.h"

namespace turbodiff::tariff {
namespace {

using core::Problems;
using core::YamlMap;
using core::YamlNode;

/// Of rates: they are repeated with every segment of a curve.
constexpr std::size_t longest_name = 200;
/// So many names at most stand in a message.
constexpr std::size_t max_named = 20;

/// The index of the item of this name; a problem that says what there is otherwise.
template <typename Item>
std::optional<std::size_t> index_of(const std::vector<Item>& items, const YamlNode& node,
                                    const std::string& name, std::string_view key, std::string_view kind,
                                    Problems& problems) {
  std::vector<std::string> names, first_names;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].name == name) return i;
    names.push_back(core::excerpt(items[i].name));
  }
  first_names.assign(names.begin(), names.begin() + static_cast<long>(std::min(names.size(), max_named)));
  if (names.size() > max_named) first_names.emplace_back("...");
  problems.add(node.where(), fmt::format("{}: unknown {} '{}'{}; there {} {}", key, kind, core::excerpt(name),
                                         core::did_you_mean(name, names), names.size() == 1 ? "is" : "are",
                                         names.empty() ? "none" : core::join(first_names, ", ")));
  return std::nullopt;
}

Rate read_rate(const YamlNode& key, const YamlNode& value, const std::string& path, bool with_off_peak,
               Problems& problems) {
  Rate rate;
  rate.name = key.text;
  rate.where = key.where();
  YamlMap map(value, path, problems);
  refuse_empty_keys(value, map, problems);
  if (value.kind == YamlNode::Kind::null) {
    problems.add(key.where(), fmt::format("{}.price is missing", path));
    return rate;
  }
  if (const YamlNode* price = map.require("price"))
    rate.price = read_decimal(*price, map.path_of("price"), problems).value_or(Decimal{});
  if (with_off_peak) rate.off_peak = map.boolean("off_peak").value_or(false);
  map.finish();
  return rate;
}

std::vector<Rate> read_rates(YamlMap& map, bool with_off_peak, Problems& problems) {
  std::vector<Rate> rates;
  const YamlNode* node = map.require("rates");
  if (node == nullptr) return rates;
  YamlMap names(*node, map.path_of("rates"), problems);
  for (const auto& [key, value] : node->entries) {
    if (key.text.size() > longest_name)
      problems.add(key.where(), fmt::format("{}: the name of a rate is longer than {} bytes",
                                            names.path_of(core::excerpt(key.text)), longest_name));
    if (problems.full()) break;
    rates.push_back(read_rate(key, value, names.path_of(core::excerpt(key.text)), with_off_peak, problems));
  }
  if (rates.empty() && node->kind == YamlNode::Kind::map)
    problems.add(node->where(), fmt::format("{} has no rate", map.path_of("rates")));
  return rates;
}

bool overlap(const Season& a, const Season& b) {
  const auto holds = [](const Season& season, int day) {
    return season.from <= season.to ? season.from <= day && day <= season.to
                                    : day >= season.from || day <= season.to;
  };
  return holds(a, b.from) || holds(b, a.from);
}

std::vector<Season> read_seasons(YamlMap& map, Problems& problems) {
  std::vector<Season> seasons;
  const std::string path = map.path_of("seasons");
  for (const YamlNode* item : map.list("seasons")) {
    YamlMap entry(*item, path, problems);
    refuse_empty_keys(*item, entry, problems);
    Season season;
    season.where = item->where();
    if (const YamlNode* name = entry.require("name"))
      season.name = core::yaml_text(*name, entry.path_of("name"), problems).value_or("");
    if (const YamlNode* from = entry.require("from"))
      season.from = read_month_day(*from, entry.path_of("from"), problems).value_or(season.from);
    if (const YamlNode* to = entry.require("to"))
      season.to = read_month_day(*to, entry.path_of("to"), problems).value_or(season.to);
    entry.finish();
    for (const Season& other : seasons) {
      const bool twice = other.name == season.name;
      if (!twice && !overlap(other, season)) continue;
      problems.add(item->where(),
                   twice ? fmt::format("{}: season '{}' is there twice", path, core::excerpt(season.name))
                         : fmt::format("{}: season '{}' overlaps '{}'", path, core::excerpt(season.name),
                                       core::excerpt(other.name)));
      break;
    }
    if (problems.full()) break;
    seasons.push_back(season);
  }
  return seasons;
}

HolidayRule read_holiday_rule(const YamlNode& node, const std::string& key, Problems& problems) {
  if (node.kind == YamlNode::Kind::scalar && node.text == "exclude") return HolidayRule::exclude;
  if (node.kind == YamlNode::Kind::scalar && node.text == "only") return HolidayRule::only;
  problems.add(node.where(),
               fmt::format("{} must be exclude or only, not '{}'", key, core::excerpt(node.text)));
  return HolidayRule::any;
}

Rule read_rule(const YamlNode& node, const std::string& path, const Calendar& calendar, Problems& problems) {
  Rule rule;
  rule.where = node.where();
  YamlMap map(node, path, problems);
  refuse_empty_keys(node, map, problems);
  if (const YamlNode* season = map.find("season"))
    if (const auto name = core::yaml_text(*season, map.path_of("season"), problems))
      rule.season = index_of(calendar.seasons, *season, *name, map.path_of("season"), "season", problems);
  if (const YamlNode* days = map.find("days")) {
    rule.days = 0;
    if (days->kind == YamlNode::Kind::sequence && days->items.empty())
      problems.add(days->where(), fmt::format("{} is an empty list", map.path_of("days")));
    for (const YamlNode* item : map.list("days"))
      rule.days |= read_days(*item, map.path_of("days"), problems).value_or(0);
  }
  if (const YamlNode* holidays = map.find("holidays"))
    rule.holidays = read_holiday_rule(*holidays, map.path_of("holidays"), problems);
  if (const YamlNode* hours = map.find("hours")) {
    for (const YamlNode* item : map.list("hours"))
      if (const auto window = read_window(*item, map.path_of("hours"), problems))
        rule.hours.push_back(*window);
    if (hours->kind == YamlNode::Kind::sequence && hours->items.empty())
      problems.add(hours->where(), fmt::format("{} is an empty list", map.path_of("hours")));
  }
  if (const YamlNode* rate = map.require("rate"))
    if (const auto name = core::yaml_text(*rate, map.path_of("rate"), problems))
      rule.rate = index_of(calendar.rates, *rate, *name, map.path_of("rate"), "rate", problems).value_or(0);
  map.finish();
  return rule;
}

}  // namespace

Calendar read_calendar(YamlMap& map, bool with_off_peak, Problems& problems) {
  Calendar calendar;
  calendar.rates = read_rates(map, with_off_peak, problems);
  calendar.seasons = read_seasons(map, problems);
  const YamlNode* rules = map.require("calendar");
  if (rules == nullptr) return calendar;
  if (rules->kind != YamlNode::Kind::sequence)
    problems.add(rules->where(), fmt::format("{} must be a list of rules", map.path_of("calendar")));
  for (const YamlNode& item : rules->items) {
    if (problems.full()) break;
    calendar.rules.push_back(read_rule(item, map.path_of("calendar"), calendar, problems));
  }
  return calendar;
}

void require_no_hole(const Calendar& calendar, const SpecialDays& special, const LocalZone& zone,
                     const std::string& where, std::string_view key, Problems& problems) {
  const Seconds from = zone.day_start(*day_of({2024, 1, 1}));
  const Seconds to = zone.day_start(*day_of({2031, 1, 1}));
  if (const auto hole = CalendarReader(calendar, special, zone).first_hole(from, to))
    problems.add(where, fmt::format("{}: no rule covers {} ({}); end with a rule without conditions", key,
                                    format_local(*hole, zone), zone.name()));
}

}  // namespace turbodiff::tariff
