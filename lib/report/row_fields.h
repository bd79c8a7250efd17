// The fields of a row, in one order, for every format that lists fields.
#pragma once

#include "report/report_model.h"
#include "report/row_texts.h"

namespace turbodiff::report {

/// Calls `out` for each field. `Out` has text(name, value), list(name, values), time(name, optional seconds),
/// whole(name, optional integer), seconds(name, microseconds), kwh(name, optional microjoules), money(name,
/// optional micro-units), detail(cost), fraction(name, optional double), grams(name, optional milligrams) and
/// boolean(name, value). An empty text and a missing value are written as empty.
/// milligrams) and boolean(name, value). An empty text and a missing value are written as nothing.
template <typename Out>
void write_sums(const Sums& sums, const Shares& shares, const std::string& currency, Out& out) {
  const bool priced = !currency.empty();
  const auto if_set = [](bool set, std::int64_t value) { return set ? std::optional(value) : std::nullopt; };
  out.whole("attempts", sums.attempts);
  out.whole("failed_attempts", sums.failed_attempts);
  out.seconds("seconds", sums.time);
  out.kwh("kwh", sums.energy.wall);
  out.whole("microjoules", sums.energy.wall);
  const bool parts = sums.parts_wall > 0;
  out.kwh("gpu_kwh", if_set(parts, sums.energy.gpu));
  out.kwh("cpu_kwh", if_set(parts, sums.energy.cpu));
  out.kwh("rest_kwh", if_set(parts, sums.energy.rest));
  out.text("source", sums.measured() ? "measured" : "estimate");
  out.fraction("uncertainty", sums.uncertainty_fraction());
  out.boolean("complete", sums.complete);
  out.text("currency", currency);
  out.money("cost", if_set(priced, sums.cost.gross.micro()));
  out.detail(priced ? &sums.cost : nullptr);
  out.money("at_once_cost", if_set(sums.has_asap, sums.asap_gross));
  out.money("saving", if_set(sums.has_asap, sums.saving()));
  out.money("waste_cost", if_set(priced, sums.waste_gross));
  out.kwh("waste_kwh", sums.waste_wall);
  out.grams("co2_g", if_set(sums.has_co2, sums.co2_milligrams));
  out.fraction("gpu_utilisation", sums.gpu.fraction());
  out.fraction("cpu_utilisation", sums.cpu.fraction());
  out.whole("gpu_peak_bytes", if_set(sums.gpu_peak_bytes > 0, sums.gpu_peak_bytes));
  out.whole("host_peak_bytes", if_set(sums.host_peak_bytes > 0, sums.host_peak_bytes));
  const bool shared = priced && shares.electricity > 0;
  out.money("depreciation", if_set(shared, sums.depreciation));
  out.money("cooling", if_set(shared, sums.cooling));
  out.money("whole_cost", if_set(shared, sums.whole()));
}

template <typename Out>
void write_row(const Report& report, const Row& row, Out& out) {
  out.text("kind", row.kind == Row::Kind::idle ? "idle" : "jobs");
  if (report.options.by == GroupBy::job) {
    const Job* job = row.job;
    const auto second = [](const std::optional<Micros>& instant) {
      return instant ? std::optional(*instant / 1'000'000) : std::nullopt;
    };
    out.whole("id", job != nullptr ? std::optional(job->id) : std::nullopt);
    out.text("state", job != nullptr ? job->state : "");
    out.text("prompt", job != nullptr ? job->prompt : "");
    out.text("model", job != nullptr ? job->model : "");
    out.text("device", job != nullptr ? job->device : "");
    out.text("gpu", job != nullptr ? gpu_of(*job) : "");
    out.time("started", job != nullptr ? second(job->started) : std::nullopt);
    out.time("finished", job != nullptr ? second(job->finished) : std::nullopt);
    out.list("rates", row.rates);
    out.list("methods", row.methods);
    out.list("flags", row.flags);
    out.boolean("partial", row.partial);
    out.text("error", job != nullptr ? job->error : "");
  } else {
    out.text("key", row.key);
    out.time("start", row.start);
    out.time("end", row.end);
    out.boolean("off_peak", row.off_peak);
    out.whole("jobs", row.jobs);
  }
  write_sums(row.sums, report.options.shares, row.currency, out);
}

}  // namespace turbodiff::report
