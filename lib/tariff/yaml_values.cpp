#include "tariff/yaml_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/duration.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"
#include "tariff/local_time.h"

namespace turbodiff::tariff {
namespace {

using core::Problems;
using core::YamlNode;

std::nullopt_t mismatch(const YamlNode& node, std::string_view key, std::string_view expected,
                        Problems& problems) {
  core::add_mismatch(node, key, expected, problems);
  return std::nullopt;
}

std::string_view scalar(const YamlNode& node) {
  return node.kind == YamlNode::Kind::scalar ? std::string_view(node.text) : std::string_view();
}

const std::vector<std::string>& day_names() {
  static const std::vector<std::string> names = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  return names;
}

std::optional<std::size_t> day_index(std::string_view name) {
  const auto found = std::find(day_names().begin(), day_names().end(), name);
  if (found == day_names().end()) return std::nullopt;
  return static_cast<std::size_t>(found - day_names().begin());
}

}  // namespace

std::optional<Decimal> read_decimal(const YamlNode& node, std::string_view key, Problems& problems) {
  std::string expected = "a number";
  if (const auto value = Decimal::parse(scalar(node), &expected)) return value;
  return mismatch(node, key, expected, problems);
}

std::optional<Seconds> read_duration(const YamlNode& node, std::string_view key, Problems& problems) {
  if (const auto value = core::parse_duration(scalar(node))) return value;
  return mismatch(node, key, "a duration like 30m, 1h or 6h", problems);
}

std::optional<int> read_month_day(const YamlNode& node, std::string_view key, Problems& problems) {
  // A leap year, so that 02-29 is a day of the calendar.
  if (const auto day = parse_date("2024-" + std::string(scalar(node)))) {
    const CivilDate civil = civil_of(*day);
    return civil.month * 100 + civil.day;
  }
  return mismatch(node, key, "a day of the year like 07-01", problems);
}

std::optional<LocalDay> read_date(const YamlNode& node, std::string_view key, Problems& problems) {
  if (const auto day = parse_date(scalar(node))) return day;
  return mismatch(node, key, "a date like 2026-10-01", problems);
}

std::optional<unsigned> read_days(const YamlNode& node, std::string_view key, Problems& problems) {
  const auto names = core::split(scalar(node), '-');
  std::vector<std::size_t> ends;
  for (const std::string_view name : names) {
    if (const auto index = day_index(core::trim(name))) {
      ends.push_back(*index);
    } else if (node.kind == YamlNode::Kind::scalar && names.size() <= 2) {
      problems.add(node.where(),
                   fmt::format("{}: unknown day '{}'{}; days are mon to sun and ranges like mon-fri", key,
                               core::excerpt(name),
                               core::did_you_mean(core::to_lower(name.substr(0, 3)), day_names())));
      return std::nullopt;
    }
  }
  if (ends.empty() || ends.size() > 2 || ends.size() != names.size())
    return mismatch(node, key, "days like mon or mon-fri", problems);
  unsigned bits = 0;
  for (std::size_t day = ends.front();; day = (day + 1) % 7) {
    bits |= 1U << day;
    if (day == ends.back()) return bits;
  }
}

std::optional<Window> read_window(const YamlNode& node, std::string_view key, Problems& problems) {
  const auto ends = core::split(scalar(node), '-');
  const auto start = parse_clock(core::trim(ends[0]));
  const auto end = ends.size() == 2 ? parse_clock(core::trim(ends[1]), true) : std::nullopt;
  if (!start || !end) return mismatch(node, key, "hours like \"22:00-06:00\"", problems);
  return Window{*start, *end <= *start ? *end + seconds_a_day : *end};
}

void refuse_empty_keys(const YamlNode& map, const core::YamlMap& reader, Problems& problems) {
  for (const auto& [key, value] : map.entries)
    if (value.kind == YamlNode::Kind::null)
      problems.add(key.where(), fmt::format("{} has no value; give it one or leave the key out",
                                            core::excerpt(reader.path_of(key.text))));
}

}  // namespace turbodiff::tariff
