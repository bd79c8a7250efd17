#include "store/rows.h"

namespace turbodiff::store {

Job read_job(SQLite::Statement& row) {
  Job job;
  int i = 0;
  const auto next = [&] { return row.getColumn(i++); };
  job.id = next().getInt64();
  job.state = state_named(next().getString()).value_or(State::held);
  job.spec.prompt = next().getString();
  job.spec.output = next().getString();
  job.spec.options = next().getString();
  job.spec.priority = next().getInt64();
  job.spec.earliest = optional_int(next());
  job.spec.deadline = optional_int(next());
  job.spec.when = spec::when_named(next().getString()).value_or(spec::When::off_peak);
  job.spec.retries = next().getInt();
  job.spec.group = next().getString();
  job.spec.overwrite = next().getInt() != 0;
  job.spec.held = job.state == State::held;
  job.preset = next().getInt64();
  job.tokens = next().getInt64();
  job.steps = next().getInt64();
  job.pixels = next().getInt64();
  job.model = next().getString();
  job.fingerprint = next().getString();
  job.device = next().getString();
  job.attempts = next().getInt();
  job.failures = next().getInt();
  job.added_at = next().getInt64();
  job.not_before = optional_int(next());
  job.started_at = optional_int(next());
  job.finished_at = optional_int(next());
  job.cancel_requested = next().getInt() != 0;
  job.error_code = next().getInt();
  job.error = next().getString();
  job.forgiven_attempts = next().getInt();
  return job;
}

energy::Cost read_cost(SQLite::Statement& row, int& i) {
  const auto next = [&] { return core::Money::from_micro(row.getColumn(i++).getInt64()); };
  energy::Cost cost;
  for (core::Money* part : {&cost.gross, &cost.net, &cost.levies, &cost.vat}) *part = next();
  return cost;
}

Attempt read_attempt(SQLite::Statement& row) {
  Attempt attempt;
  int i = 0;
  const auto next = [&] { return row.getColumn(i++); };
  attempt.id = next().getInt64();
  attempt.job = next().getInt64();
  attempt.number = next().getInt();
  attempt.epoch = next().getInt64();
  const std::string state = next().getString();
  for (const AttemptState candidate : {AttemptState::running, AttemptState::publishing, AttemptState::done,
                                       AttemptState::failed, AttemptState::interrupted})
    if (name_of(candidate) == state) attempt.state = candidate;
  attempt.started_at = next().getInt64();
  attempt.ended_at = optional_int(next());
  attempt.last_seen = next().getInt64();
  attempt.resumed = next().getInt() != 0;
  for (double* stage : {&attempt.stages.load, &attempt.stages.text, &attempt.stages.denoise,
                        &attempt.stages.decode, &attempt.stages.encode})
    *stage = next().getDouble();
  attempt.expected = {next().getDouble(), next().getDouble(), next().getDouble()};
  attempt.error_code = next().getInt();
  attempt.error = next().getString();
  attempt.meter_state = next().getString();
  attempt.steps = next().getInt64();
  if (row.getColumn(i).isNull()) return attempt;  // not billed yet
  Bill& bill = attempt.bill;
  bill.microseconds = next().getInt64();
  bill.milliwatts = next().getInt64();
  bill.microjoules = next().getInt64();
  bill.source = next().getString();
  bill.complete = next().getInt() != 0;
  bill.tariff = next().getString();
  bill.currency = next().getString();
  bill.cost = read_cost(row, i);
  for (std::int64_t* part : {&bill.gpu_microjoules, &bill.cpu_microjoules, &bill.rest_microjoules})
    *part = next().getInt64();
  bill.method = next().getString();
  bill.uncertainty_ppm = next().getInt64();
  bill.flags = next().getString();
  bill.gpu = next().getString();
  for (auto* known : {&bill.gpu_permille, &bill.cpu_permille, &bill.gpu_peak_bytes, &bill.host_peak_bytes,
                      &bill.co2_milligrams, &bill.asap_gross})
    *known = optional_int(next());
  return attempt;
}

}  // namespace turbodiff::store
