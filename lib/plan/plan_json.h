// A plan as the JSON document of `plan --json`.
#pragma once

#include <string>

#include "plan/plan.h"

namespace turbodiff::plan {

/// One line of JSON: schema_version, currency, total_cost, total_kwh, asap_cost, lower_bound, jobs, unplaced,
/// and in addition to the contract cost_detail, objective, exact, and idle or co2 where requested. Money has
/// at most 6 decimals, kwh 9, each rounded once from exact sums. `numeric_ids`: ids are numbers, as in the
/// store.
std::string plan_json(const Plan& plan, const std::string& currency, bool numeric_ids = false);

}  // namespace turbodiff::plan
