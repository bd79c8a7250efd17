#include "waiting_reason.h"

#include <fmt/format.h>

#include "tariff/tariff_report.h"

namespace turbodiff::app {
namespace {

/// What stands in the way of a job with a place in the plan.
WaitingReason planned_reason(Queue& queue, const QueueNow& facts, const store::Job& job,
                             tariff::Seconds start) {
  const tariff::Seconds now = queue.now();
  if (start <= now) {
    if (facts.running) return {fmt::format("waits for job {}, which runs", *facts.running), ""};
    if (facts.is_run) return {"starts now", ""};
    return {"is due, but nothing runs the jobs", "; start 'turbodiff-sched daemon' or 'run --once'"};
  }
  const std::string planned = ", planned for " + queue.local(start);
  if (facts.tariff == nullptr) return {"waits for its planned time", planned};
  const tariff::Segment *here = facts.curve.at(now), *there = facts.curve.at(start);
  if (here == nullptr || !here->price) return {"waits for a time with a known price", planned};
  if (job.spec.when == spec::When::off_peak && !here->off_peak) return {"waits for off-peak time", planned};
  if (there != nullptr && there->price && there->price->gross < here->price->gross)
    return {fmt::format("waits for a lower price ({} instead of {} {}/kWh)",
                        tariff::format_price(there->price->gross), tariff::format_price(here->price->gross),
                        facts.tariff->currency),
            planned};
  if (facts.running) return {fmt::format("waits for job {}, which runs", *facts.running), planned};
  return {"other jobs run first", planned};
}

}  // namespace

WaitingReason waiting_reason(Queue& queue, const QueueNow& facts, const store::Job& job,
                             const std::optional<tariff::Seconds>& planned_start) {
  if (job.state == store::State::held)
    return {store::is_set_aside(job) ? "is held, as it was cut off too often" : "is held",
            fmt::format("; 'turbodiff-sched release {}' lets it run", job.id)};
  if (facts.paused) return {"the queue is paused", "; 'turbodiff-sched resume' lets jobs run"};
  for (const store::JobId before : job.after) {
    const auto state = facts.states.find(before);
    if (state == facts.states.end() || state->second == store::State::done) continue;
    return {fmt::format("waits for job {}, which {} {}", before,
                        state->second == store::State::failed ? "has" : "is", store::name_of(state->second)),
            ""};
  }
  if (job.not_before && *job.not_before > queue.now_micros())
    return {"is tried again after " + queue.local((*job.not_before + 999'999) / 1'000'000), ""};
  if (job.spec.earliest && *job.spec.earliest > queue.now())
    return {"may not start before " + queue.local(*job.spec.earliest), ""};
  if (planned_start) return planned_reason(queue, facts, job, *planned_start);
  if (facts.tariff == nullptr)
    return {"no tariff is named", "; name one with --tariff, TURBODIFF_TARIFF or the configuration"};
  if (const auto reason = facts.unplaced.find(job.id); reason != facts.unplaced.end())
    return {reason->second, ""};
  return {"has no place in the plan yet", ""};
}

}  // namespace turbodiff::app
