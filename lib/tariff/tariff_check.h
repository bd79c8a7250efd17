// Looking a whole tariff over: what is allowed and yet most likely not meant.
#pragma once

#include <optional>
#include <vector>

#include "tariff/tariff.h"

namespace turbodiff::tariff {

/// What whoever uses the tariff from `now` on has to know: check_series(), and lists of special days that end
/// in less than 60 days or have ended (an error once their year is over).
std::vector<Finding> check_tariff(const Tariff& tariff, Seconds now);

/// What the author of the file has to know besides: rules, and windows of rules, that never hold, rates and
/// seasons that are never used, special days that no rule asks for, prices that cannot be per kWh.
std::vector<Finding> check_rules(const Tariff& tariff);

/// When check_tariff() next has something new to say of the special days.
std::optional<Seconds> next_calendar_turn(const Tariff& tariff, Seconds now);

}  // namespace turbodiff::tariff
