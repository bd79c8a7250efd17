#include "job_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/text/strings.h"
#include "core/units.h"
#include "energy/cost.h"
#include "first_guess.h"
#include "queue/queue_plan.h"
#include "running_job.h"
#include "store/store_lock.h"
#include "tariff/local_time.h"
#include "tariff/make_curve.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;

/// So many waiting jobs are planned on the way of a `list` when no daemon keeps the plan.
constexpr std::int64_t most_planned_for_a_list = 200;
constexpr std::int64_t horizon_s = 7 * 86400;

using Starts = std::map<store::JobId, store::PlannedStart>;

/// What the last to plan has left in the store, without starts that were missed.
Starts kept_starts(Queue& queue, const std::vector<store::JobId>& ids) {
  Starts kept = queue.store().planned_starts(ids);
  std::erase_if(kept, [&](const auto& entry) { return entry.second.start < queue.now() - 60; });
  return kept;
}

/// The planned starts of `ids`, and why others have none.
Starts starts_of(Queue& queue, const std::vector<store::JobId>& ids, const tariff::Tariff& tariff,
                 QueueNow& facts) {
  const bool few = queue.store().count_by_state()[store::State::queued] <= most_planned_for_a_list;
  Starts kept;
  if (!few || facts.is_run) {
    kept = kept_starts(queue, ids);
    if (!few || kept.size() == ids.size()) return kept;
  }
  queue::Estimator estimator(queue.store(), queue.power(), first_guess(queue, Measuring::not_now));
  queue::QueuePlanOptions options;
  options.now = queue.now();
  options.horizon_s = horizon_s;
  options.running = running_job(queue, estimator);
  options.label = [&](tariff::Seconds instant) { return tariff::format_local(instant, tariff.zone); };
  const queue::QueuePlan planned = queue::plan_queue(queue.store(), estimator, facts.curve, options);
  for (const plan::UnplacedJob& job : planned.plan.unplaced) facts.unplaced[std::stoll(job.id)] = job.reason;
  // Whoever runs the jobs goes by the plan in the store.
  return facts.is_run ? kept : planned.starts;
}

void add_actual(JobView& view, const std::vector<store::Attempt>& attempts) {
  for (const store::Attempt& attempt : attempts) {
    if (!attempt.ended_at) continue;
    if (!view.actual) view.actual = JobView::Cost{};
    JobView::Cost& sum = *view.actual;
    sum.seconds += static_cast<double>(attempt.bill.microseconds) / 1e6;
    sum.kwh += core::Kwh::from_microjoules(attempt.bill.microjoules).kwh();
    sum.source = sum.source.empty() || sum.source == attempt.bill.source ? attempt.bill.source : "estimate";
    if (attempt.bill.currency.empty()) continue;
    // Amounts in different currencies are not added up: the last one counts.
    if (sum.currency != attempt.bill.currency) sum.money.reset();
    sum.currency = attempt.bill.currency;
    if (!sum.money) sum.money.emplace();
    *sum.money += attempt.bill.cost;
  }
}

}  // namespace

std::vector<JobView> views_of(Queue& queue, std::vector<store::Job> jobs) {
  std::vector<store::JobId> ids, waiting, before;
  for (const store::Job& job : jobs) {
    ids.push_back(job.id);
    if (job.state == store::State::queued) waiting.push_back(job.id);
    if (job.state == store::State::queued) before.insert(before.end(), job.after.begin(), job.after.end());
  }
  std::optional<tariff::Tariff> tariff;
  if (queue.has_tariff()) tariff = queue.load_tariff(tariff::FeedAccess::kept);
  QueueNow facts;
  facts.paused = queue.store().runner().paused;
  facts.is_run = store::is_locked(queue.store_file());
  facts.states = queue.store().states(before);
  if (const auto running = queue.store().list({{store::State::running}, 1, false}); !running.empty())
    facts.running = running.front().id;
  Starts starts;
  if (tariff && !waiting.empty()) {
    facts.tariff = &*tariff;
    facts.curve = tariff::make_curve(*tariff, queue.now(), queue.now() + horizon_s);
    starts = starts_of(queue, waiting, *tariff, facts);
  } else if (!waiting.empty()) {
    starts = kept_starts(queue, waiting);
  }
  const auto attempts = queue.store().attempts(ids);
  queue::Estimator estimator(queue.store(), queue.power(), first_guess(queue, Measuring::not_now));
  std::map<std::int64_t, queue::JobEstimate> estimates;
  const auto presets = queue.store().presets();
  tariff::PriceCurve curve;
  if (tariff && !starts.empty())
    curve = tariff::make_curve(*tariff, queue.now() - 86400, queue.now() + 9 * 86400);

  std::vector<JobView> views;
  for (store::Job& job : jobs) {
    JobView view;
    auto estimate = estimates.find(job.preset);
    if (estimate == estimates.end())
      estimate = estimates.emplace(job.preset, estimator.estimate(presets.at(job.preset))).first;
    const queue::JobEstimate& now_known = estimate->second;
    const auto start = starts.find(job.id);
    const bool planned = job.state == store::State::queued && start != starts.end();
    if (planned) view.planned_start = start->second.start;
    if (job.state == store::State::queued || job.state == store::State::held)
      view.waiting = waiting_reason(queue, facts, job, view.planned_start);
    // What was expected when it began, for a job that has begun.
    store::ExpectedTime expected = queue::expected_time(now_known, !planned || start->second.setup);
    const auto tries = attempts.find(job.id);
    if (tries != attempts.end() && !planned) expected = tries->second.back().expected;
    view.low_s = expected.low;
    view.high_s = expected.high;
    view.observations = now_known.observations;
    view.estimate.seconds = expected.seconds;
    const std::int64_t microseconds = std::llround(expected.seconds * 1e6);
    view.estimate.kwh =
        core::Kwh::from_microjoules(energy::microjoules_of(now_known.milliwatts, microseconds)).kwh();
    if (tariff) {
      view.estimate.currency = tariff->currency;
      const auto at = view.planned_start ? view.planned_start
                      : job.started_at   ? std::optional(*job.started_at / 1'000'000)
                                         : std::nullopt;
      if (at) {
        if (*at < curve.start() || *at + static_cast<tariff::Seconds>(expected.seconds) >= curve.end())
          curve = tariff::make_curve(*tariff, *at - 86400,
                                     *at + static_cast<tariff::Seconds>(expected.seconds) + 86400);
        const auto cost = energy::cost_of(curve, *at * 1'000'000, microseconds, now_known.milliwatts);
        if (cost.complete) view.estimate.money = cost.money;
      }
    }
    if (tries != attempts.end()) add_actual(view, tries->second);
    view.job = std::move(job);
    views.push_back(std::move(view));
  }
  return views;
}

Json detail_of(const energy::Cost& cost) {
  return {{"net", cost.net.units()}, {"levies", cost.levies.units()}, {"vat", cost.vat.units()}};
}

Json json_of(const JobView::Cost& cost, bool with_source) {
  Json json = {{"seconds", cost.seconds},
               {"kwh", Json::parse(fmt::format("{:.9f}", cost.kwh))},
               {"cost", cost.money ? Json(cost.money->gross.units()) : Json()},
               {"currency", cost.currency.empty() ? Json() : Json(cost.currency)}};
  if (cost.money) json["cost_detail"] = detail_of(*cost.money);
  if (with_source) json["source"] = cost.source;
  return json;
}

Json json_of(const JobView& view) {
  const store::Job& job = view.job;
  const auto seconds = [](const std::optional<store::Micros>& instant) {
    return json_time(instant ? std::optional(*instant / 1'000'000) : std::nullopt);
  };
  Json estimate = json_of(view.estimate, false);
  estimate["low_seconds"] = view.low_s;
  estimate["high_seconds"] = view.high_s;
  estimate["observations"] = view.observations;
  return {{"id", job.id},
          {"state", store::name_of(job.state)},
          {"prompt", job.spec.prompt},
          {"priority", job.spec.priority},
          {"when", spec::name_of(job.spec.when)},
          {"earliest", json_time(job.spec.earliest)},
          {"deadline", json_time(job.spec.deadline)},
          {"after", job.after},
          {"group", job.spec.group},
          {"planned_start", json_time(view.planned_start)},
          {"waiting", view.waiting ? Json(view.waiting->text()) : Json()},
          {"added", seconds(job.added_at)},
          {"started", seconds(job.started_at)},
          {"finished", seconds(job.finished_at)},
          {"attempt", job.attempts},
          {"model", job.model},
          {"estimate", std::move(estimate)},
          {"actual", view.actual ? json_of(*view.actual, true) : Json()},
          {"output", job.spec.output},
          {"error", job.error.empty() ? Json() : Json(job.error)}};
}

Json queue_status(Queue& queue) {
  const auto counts = queue.store().count_by_state();
  const store::RunnerInfo runner = queue.store().runner();
  Json jobs = Json::object();
  for (const store::State state : {store::State::queued, store::State::held, store::State::running,
                                   store::State::done, store::State::failed, store::State::cancelled})
    jobs[std::string(store::name_of(state))] = counts.contains(state) ? counts.at(state) : 0;
  return {{"store", queue.store_file().string()},
          {"daemon", store::is_locked(queue.store_file()) ? Json(runner.process.pid) : Json()},
          {"paused", runner.paused},
          {"jobs", std::move(jobs)}};
}

std::string money_text(const JobView::Cost& cost) {
  return cost.money ? cost.money->gross.to_string() + " " + cost.currency : "-";
}

std::string short_prompt(const std::string& prompt) {
  return prompt.substr(0, prompt.find('\n'));
}

}  // namespace turbodiff::app
