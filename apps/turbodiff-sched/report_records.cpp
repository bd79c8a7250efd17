#include "report_records.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace turbodiff::app {
namespace {

report::Outcome outcome_of(store::AttemptState state) {
  switch (state) {
    case store::AttemptState::done:
      return report::Outcome::done;
    case store::AttemptState::failed:
      return report::Outcome::failed;
    case store::AttemptState::interrupted:
      return report::Outcome::interrupted;
    case store::AttemptState::running:
    case store::AttemptState::publishing:
      break;
  }
  return report::Outcome::running;
}

report::Attempt attempt_of(store::BilledAttempt& billed) {
  store::Bill& bill = billed.attempt.bill;
  report::Attempt attempt;
  attempt.number = billed.attempt.number;
  attempt.outcome = outcome_of(billed.attempt.state);
  attempt.resumed = billed.attempt.resumed;
  attempt.start = billed.attempt.started_at;
  attempt.duration = bill.microseconds;
  attempt.energy = {bill.gpu_microjoules, bill.cpu_microjoules, bill.rest_microjoules, bill.microjoules};
  attempt.has_parts = bill.gpu_microjoules > 0 || bill.cpu_microjoules > 0;
  attempt.measured = bill.source == "measured";
  attempt.method = std::move(bill.method);
  if (bill.uncertainty_ppm > 0) attempt.uncertainty_ppm = bill.uncertainty_ppm;
  attempt.flags = std::move(bill.flags);
  attempt.complete = bill.complete;
  attempt.currency = std::move(bill.currency);
  attempt.cost = bill.cost;
  attempt.asap_gross = bill.asap_gross;
  attempt.co2_milligrams = bill.co2_milligrams;
  attempt.gpu = std::move(bill.gpu);
  attempt.gpu_permille = bill.gpu_permille;
  attempt.cpu_permille = bill.cpu_permille;
  attempt.gpu_peak_bytes = bill.gpu_peak_bytes.value_or(0);
  attempt.host_peak_bytes = bill.host_peak_bytes.value_or(0);
  attempt.prices = std::move(billed.prices);
  attempt.samples = std::move(billed.samples);
  return attempt;
}

}  // namespace

report::Records report_records(const store::JobStore& store, bool with_samples) {
  return report_records(store, with_samples, std::numeric_limits<store::Micros>::min(),
                        std::numeric_limits<store::Micros>::max());
}

report::Records report_records(const store::JobStore& store, bool with_samples, store::Micros first,
                               store::Micros last) {
  report::Records records;
  std::unordered_map<store::JobId, std::size_t> places;
  // Oldest first: the attempts of a job come in their order.
  for (store::BilledAttempt& billed : store.billed_attempts(first, last, with_samples)) {
    const auto [place, is_new] = places.try_emplace(billed.attempt.job, records.jobs.size());
    if (is_new) {
      report::Job& job = records.jobs.emplace_back();
      job.id = billed.attempt.job;
      job.state = store::name_of(billed.job_state);
      job.prompt = std::move(billed.prompt);
      job.model = std::move(billed.model);
      job.device = std::move(billed.device);
      job.started = billed.attempt.started_at;
    }
    report::Job& job = records.jobs[place->second];
    job.finished = store::is_final(billed.job_state) ? billed.attempt.ended_at : std::nullopt;
    const bool given_up = billed.job_state == store::State::failed ||
                          (billed.job_state == store::State::held && billed.attempt.error_code != 0);
    job.error = given_up ? std::move(billed.attempt.error) : std::string();
    job.attempts.push_back(attempt_of(billed));
  }
  std::sort(records.jobs.begin(), records.jobs.end(),
            [](const report::Job& a, const report::Job& b) { return a.id < b.id; });
  for (store::IdleEnergy& one : store.idle_energy(first, last)) {
    report::Idle& idle = records.idle.emplace_back();
    idle.start = one.energy.start;
    idle.end = one.energy.end;
    idle.energy = one.energy.energy;
    idle.has_parts = idle.energy.gpu > 0 || idle.energy.cpu > 0;
    idle.measured = one.source == "measured";
    idle.currency = std::move(one.currency);
    idle.cost = one.cost;
    idle.co2_milligrams = one.co2_milligrams;
    idle.price = std::move(one.price);
    idle.price.start = idle.start / 1'000'000;
    idle.price.end = (idle.end + 999'999) / 1'000'000;
  }
  return records;
}

}  // namespace turbodiff::app
