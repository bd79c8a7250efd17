// A plan as the document of `plan --json`.
#pragma once

#include <string>

#include "sched/plan.h"

namespace turbodiff::sched {

/// One line of JSON: schema_version, currency, total_cost, total_kwh, asap_cost, lower_bound, jobs, unplaced,
/// and beside what the contract asks for: cost_detail, objective, exact, and idle or co2 where they were
/// asked for. Money has at most 6 decimals, kwh 9, each rounded once from exact sums.
/// `numeric_ids`: ids are numbers, as those of the store.
std::string plan_json(const Plan& plan, const std::string& currency, bool numeric_ids = false);

}  // namespace turbodiff::sched
