#include "plan/plan_json.h"

#include <nlohmann/json.hpp>

#include "core/text/json_text.h"
#include "core/units.h"
#include "plan/plan_jobs_file.h"

namespace turbodiff::plan {
namespace {

using Json = nlohmann::ordered_json;

double kwh(__int128 milliwatt_seconds) {
  return static_cast<double>(core::divide_half_even(milliwatt_seconds * 10, 36)) / 1e9;
}

double units(core::Money money) {
  return static_cast<double>(money.micro()) / 1e6;
}

Json detail(const energy::Cost& cost) {
  return {{"net", units(cost.net)}, {"levies", units(cost.levies)}, {"vat", units(cost.vat)}};
}

}  // namespace

std::string plan_json(const Plan& plan, const std::string& currency, bool numeric_ids) {
  const auto id_of = [&](const std::string& id) { return numeric_ids ? Json::parse(id) : Json(id); };
  Json json = {{"schema_version", 1},
               {"currency", currency},
               {"total_cost", units(plan.total_cost.gross)},
               {"cost_detail", detail(plan.total_cost)},
               {"total_kwh", kwh(plan.total_milliwatt_seconds)},
               {"asap_cost", units(plan.asap_cost)},
               {"lower_bound", units(plan.lower_bound)},
               {"exact", plan.exact},
               {"objective", plan.objective == Objective::cost ? "cost" : "carbon"}};
  if (plan.milligram_co2) {
    json["co2_g"] = static_cast<double>(*plan.milligram_co2) / 1e3;
    json["co2_g_lower_bound"] = static_cast<double>(plan.milligram_lower_bound.value_or(0)) / 1e3;
  }
  if (plan.idle)
    json["idle"] = {{"kwh", kwh(plan.idle->milliwatt_seconds)},
                    {"cost", units(plan.idle->cost)},
                    {"currency", currency},
                    {"wakes", plan.idle->wakes}};
  json["jobs"] = Json::array();
  for (const PlannedJob& job : plan.jobs)
    json["jobs"].push_back({{"id", id_of(job.id)},
                            {"worker", job.worker},
                            {"start", format_utc(job.start)},
                            {"end", format_utc(job.end)},
                            {"kwh", kwh(job.milliwatt_seconds)},
                            {"cost", units(job.cost.gross)},
                            {"cost_detail", detail(job.cost)}});
  json["unplaced"] = Json::array();
  for (const UnplacedJob& job : plan.unplaced)
    json["unplaced"].push_back({{"id", id_of(job.id)}, {"reason", job.reason}});
  return core::json_text(json);
}

}  // namespace turbodiff::plan
