#include <fmt/format.h>

#include <functional>

#include "core/units.h"
#include "report/formats.h"
#include "report/html/escape.h"
#include "report/row_texts.h"

namespace turbodiff::report {
namespace {

struct Metric {
  std::string_view name, help;
  /// Nothing where it is not known; the sample is left out then.
  std::function<std::optional<std::string>(const Row&)> value;
};

std::string joules(std::int64_t microjoules) {
  return core::Money::from_micro(microjoules).to_string();
}

std::optional<std::string> if_set(bool set, const std::function<std::string()>& value) {
  return set ? std::optional(value()) : std::nullopt;
}

}  // namespace

std::string prometheus_text(const Report& report) {
  const Metric metrics[] = {
      {"turbodiff_jobs", "Jobs with an attempt in the span of the report.",
       [](const Row& row) {
         return if_set(row.kind == Row::Kind::jobs, [&] { return std::to_string(row.jobs); });
       }},
      {"turbodiff_attempts", "Attempts to run them.",
       [](const Row& row) { return std::to_string(row.sums.attempts); }},
      {"turbodiff_failed_attempts", "Attempts that failed.",
       [](const Row& row) { return std::to_string(row.sums.failed_attempts); }},
      {"turbodiff_seconds", "Time spent running, or idle.",
       [](const Row& row) { return seconds_text(row.sums.time); }},
      {"turbodiff_energy_joules", "Energy of the whole machine, at the wall.",
       [](const Row& row) { return joules(row.sums.energy.wall); }},
      {"turbodiff_gpu_energy_joules", "Energy of the GPU.",
       [](const Row& row) {
         return if_set(row.sums.parts_wall > 0, [&] { return joules(row.sums.energy.gpu); });
       }},
      {"turbodiff_estimated_energy_joules", "The part of the energy that nothing measured.",
       [](const Row& row) { return joules(row.sums.estimated_wall); }},
      {"turbodiff_cost", "Cost of the energy, gross, at the prices that held.",
       [](const Row& row) {
         return if_set(!row.currency.empty(), [&] { return money_text(row.sums.cost.gross.micro()); });
       }},
      {"turbodiff_at_once_cost", "Cost of the same jobs had they run at once.",
       [](const Row& row) {
         return if_set(row.sums.has_asap, [&] { return money_text(row.sums.asap_gross); });
       }},
      {"turbodiff_waste_joules", "Energy of attempts without a result.",
       [](const Row& row) { return joules(row.sums.waste_wall); }},
      {"turbodiff_waste_cost", "Cost of those attempts.",
       [](const Row& row) {
         return if_set(!row.currency.empty(), [&] { return money_text(row.sums.waste_gross); });
       }},
      {"turbodiff_co2_grams", "CO2 of the energy.",
       [](const Row& row) {
         return if_set(row.sums.has_co2, [&] {
           return fmt::format("{:.3f}", static_cast<double>(row.sums.co2_milligrams) / 1e3);
         });
       }},
      {"turbodiff_gpu_utilisation", "Mean utilisation of the GPU while running, 0 to 1.",
       [](const Row& row) {
         const auto used = row.sums.gpu.fraction();
         return if_set(used.has_value(), [&] { return fmt::format("{:.4f}", *used); });
       }},
  };
  std::string out;
  for (const Metric& metric : metrics) {
    std::string samples;
    for (const Row& row : report.rows)
      if (const auto value = metric.value(row))
        samples += fmt::format("{}{{kind=\"{}\",{}=\"{}\",currency=\"{}\"}} {}\n", metric.name,
                               row.kind == Row::Kind::idle ? "idle" : "jobs", name_of(report.options.by),
                               label_escape(row.key), label_escape(row.currency), *value);
    if (samples.empty()) continue;
    out += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n{2}", metric.name, metric.help, samples);
  }
  return out;
}

}  // namespace turbodiff::report
