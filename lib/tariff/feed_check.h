// Checks a series of prices before it is used.
#pragma once

#include <string_view>
#include <vector>

#include "tariff/tariff.h"

namespace turbodiff::tariff {

std::string_view name_of(Finding::Severity severity);
std::string_view name_of(Finding::Action action);

/// The problems of a tariff's prices: local days with more or fewer rows than the day has slots (92, 96 or
/// 100 quarter hours), gaps, zeros and units that doubts_of() and wrong_unit() name, rows of another day
/// only, and no rows for the next day after 16:00 local time. `action` is the consequence: where rows are
/// missing the fallback price is used, or, without one, no job runs there.
/// rows are missing the fallback bridges, or, without one, no job runs there.
std::vector<Finding> check_series(const Tariff& tariff, Seconds now);

}  // namespace turbodiff::tariff
