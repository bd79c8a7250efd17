// Rates, seasons and rules of a tariff file, also of the block that makes adders time-dependent.
#pragma once

#include "core/yaml/yaml_reader.h"
#include "tariff/tariff.h"

namespace turbodiff::tariff {

/// Reads the keys rates, seasons and calendar of `map`. A rate has a price and, where `with_off_peak`,
/// off_peak.
Calendar read_calendar(core::YamlMap& map, bool with_off_peak, core::Problems& problems);

/// Adds a problem at `where` when some instant of the local years 2024 to 2030 has no rule.
void require_no_hole(const Calendar& calendar, const SpecialDays& special, const LocalZone& zone,
                     const std::string& where, std::string_view key, core::Problems& problems);

}  // namespace turbodiff::tariff
