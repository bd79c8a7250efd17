// Checks a whole tariff for what is allowed and yet most likely not intended.
#pragma once

#include <optional>
#include <vector>

#include "tariff/tariff.h"

namespace turbodiff::tariff {

/// The findings that matter to users of the tariff from `now` on: check_series(), and lists of special days
/// that end in less than 60 days or have ended (an error once their year is over).
std::vector<Finding> check_tariff(const Tariff& tariff, Seconds now);

/// The findings that also matter to the author of the file: rules, and windows of rules, that never match,
/// unused rates and seasons, special days that no rule uses, prices that cannot be per kWh.
std::vector<Finding> check_rules(const Tariff& tariff);

/// When check_tariff() next has a new finding about the special days.
std::optional<Seconds> next_calendar_turn(const Tariff& tariff, Seconds now);

}  // namespace turbodiff::tariff
