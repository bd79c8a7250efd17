// The simple values of a tariff file: prices, dates, days of the week, windows, durations.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/yaml/yaml_node.h"
#include "core/yaml/yaml_reader.h"
#include "tariff/tariff.h"

namespace turbodiff::tariff {

/// Each adds a problem that names `key` and returns nothing when the node does not fit.
std::optional<Decimal> read_decimal(const core::YamlNode& node, std::string_view key,
                                    core::Problems& problems);
/// "30m", "1h"
std::optional<Seconds> read_duration(const core::YamlNode& node, std::string_view key,
                                     core::Problems& problems);
/// "07-01" as 701.
std::optional<int> read_month_day(const core::YamlNode& node, std::string_view key, core::Problems& problems);
std::optional<LocalDay> read_date(const core::YamlNode& node, std::string_view key, core::Problems& problems);
/// "mon" or "fri-mon" as bits, bit 0 Monday.
std::optional<unsigned> read_days(const core::YamlNode& node, std::string_view key, core::Problems& problems);
/// "22:00-06:00"; an end at or before its start is on the next day.
std::optional<Window> read_window(const core::YamlNode& node, std::string_view key, core::Problems& problems);

/// A key without a value would otherwise count as absent: its condition would always hold.
void refuse_empty_keys(const core::YamlNode& map, const core::YamlMap& reader, core::Problems& problems);

}  // namespace turbodiff::tariff
