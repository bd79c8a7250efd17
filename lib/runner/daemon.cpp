#include "runner/daemon.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "core/error.h"
#include "core/os/signals.h"
#include "plan/early_start.h"
#include "runner/power_facts.h"
#include "tariff/local_time.h"
#include "tariff/tariff_check.h"

namespace turbodiff::runner {
namespace {

/// A planned start that was missed by more is planned anew, unless the job costs no more now: the machine
/// slept, or its clock was set.
constexpr tariff::Seconds late_s = 5;
/// Of the time beside running jobs no more than this part goes into plans, for the end of a job is seen late
/// meanwhile.
constexpr double plan_share = 0.04;
/// A plan that leaves jobs out for lack of prices or time is made again after this time.
constexpr tariff::Seconds try_again_s = 3600;
/// Interval between checks of price files in a folder whose changes the system does not report.
constexpr tariff::Seconds poll_files_s = 10;
/// Prices are not fetched in the last seconds before a job starts, unless jobs follow each other for so long
/// that the fetch is overdue.
constexpr tariff::Seconds slow_fetch_s = 30;
constexpr tariff::Seconds overdue_s = 900;
/// For a daemon, a batch is finished when the next job starts later than that.
constexpr tariff::Seconds batch_gap_s = 900;
/// Many dropped files are planned together, but not so many that a job would be late.
constexpr double take_files_s = 2;

}  // namespace

Daemon::Daemon(store::JobStore& store, queue::TariffClock& tariff, queue::Estimator& estimator,
               const core::Clock& clock, core::Log& log, DaemonSettings settings)
    : store_(store),
      tariff_(tariff),
      estimator_(estimator),
      clock_(clock),
      log_(log),
      settings_(std::move(settings)),
      waiter_(store.file(), clock),
      runner_(store, store.begin_epoch(store::this_process()), tariff, estimator, clock, log,
              settings_.runner) {
  waiter_.also_wake_on(tariff_.files().fd());
  if (settings_.after_batch != nullptr) waiter_.also_wake_on(settings_.after_batch->fd());
  if (settings_.inbox != nullptr) waiter_.also_wake_on(settings_.inbox->fd());
}

tariff::Seconds Daemon::now() const {
  return std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count();
}

void Daemon::report_status(const std::string& status) {
  if (settings_.notify) settings_.notify("STATUS=" + status);
}

void Daemon::handle(const Wakeup& wakeup) {
  // A signal may have come before the waiter was there.
  stopping_ = stopping_ || wakeup.stop || core::interrupted();
  if (wakeup.reload) reload_tariff();
  restart_worker_ = restart_worker_ || wakeup.restart;
  dirty_ = dirty_ || wakeup.store_changed || wakeup.reload || wakeup.clock_jumped;
  // Another program may have failed jobs, which must be reported.
  if (wakeup.store_changed && settings_.notices != nullptr) settings_.notices->attempt_ended();
}

void Daemon::reload_tariff() {
  tariff_read_at_ = now();
  try {
    tariff_.reload();
    log_.info("read tariff '{}' again", tariff_.tariff().name);
  } catch (const Error& error) {
    log_.error("{}; the tariff read before stays in use", error.message());
  }
}

void Daemon::replan() {
  const tariff::Seconds at = now();
  const double began_s = clock_.monotonic_s();
  paused_ = store_.runner().paused;
  queue::QueuePlanOptions options;
  options.now = at;
  options.horizon_s = settings_.horizon_s;
  options.running = running_;
  if (options.running) {
    const auto elapsed = static_cast<std::int64_t>(clock_.monotonic_s() - running_since_s_);
    options.running->seconds_left = std::max<std::int64_t>(1, running_estimate_s_ - elapsed);
  }
  options.label = [this](tariff::Seconds instant) {
    return tariff::format_local(instant, tariff_.tariff().zone);
  };
  plan_ = queue::plan_queue(store_, estimator_, tariff_.curve(at, settings_.horizon_s), options);
  planned_at_ = at;
  dirty_ = stale_ = false;
  try {
    store_.save_plan(plan_.starts);
  } catch (const Error& error) {
    log_.warn("{}", error.message());  // only `list` reads it
  }
  report_missed_deadlines();
  fail_overdue();
  next_miss_ = store_.next_deadline(planned_at_);
  planned_until_s_ = clock_.monotonic_s();
  planning_s_ = planned_until_s_ - began_s;
}

/// What can never run is no longer in the queue.
void Daemon::fail_overdue() {
  try {
    const std::vector<store::JobId> failed = store_.fail_overdue(clock_.now().time_since_epoch().count());
    result_.unrun += static_cast<int>(failed.size());
    if (!failed.empty() && settings_.notices != nullptr) settings_.notices->attempt_ended();
    for (const store::JobId id : failed) {
      log_.error("job {}: {}", id, store_.job(id).error);
      std::erase_if(plan_.plan.unplaced,
                    [&](const plan::UnplacedJob& job) { return std::stoll(job.id) == id; });
      strike(id);
    }
  } catch (const Error& error) {
    log_.warn("{}", error.message());
  }
}

void Daemon::look_at_deadlines() {
  if (!next_miss_ || now() < *next_miss_) return;
  // Whoever had it may have run meanwhile.
  next_miss_ = store_.next_deadline(planned_at_);
  dirty_ = dirty_ || (next_miss_ && *next_miss_ <= now());
}

bool Daemon::has_leisure() const {
  return (clock_.monotonic_s() - planned_until_s_) * plan_share >= planning_s_;
}

void Daemon::report_missed_deadlines() {
  if (settings_.notices == nullptr) return;
  for (const plan::UnplacedJob& job : plan_.plan.unplaced) {
    if (!job.deadline) continue;
    const store::JobId id = std::stoll(job.id);
    // What has passed is the failure's own notice, unless the job waits for another: then that is the reason.
    const bool passed = *job.deadline <= planned_at_;
    if (passed ? !plan_.blocked.contains(id) : !job.late) continue;
    try {
      settings_.notices->deadline_missed(id, *job.deadline, job.reason);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::not_found) log_.warn("{}", error.message());
    }
  }
}

const plan::PlannedJob* Daemon::next_job() const {
  return plan_.plan.jobs.empty() ? nullptr : &plan_.plan.jobs.front();
}

bool Daemon::is_due(const plan::PlannedJob& planned) {
  const tariff::Seconds at = now();
  const store::JobId id = std::stoll(planned.id);
  const auto now_states = store_.states(std::span(&id, 1));
  if (const auto state = now_states.find(id);
      state == now_states.end() ||
      state->second != store::State::queued) {  // changed while the plan was made
    dirty_ = true;
    return false;
  }
  if (planned.start <= at && at <= planned.start + late_s) return true;
  const store::Job job = store_.job(id);
  if (job.spec.earliest.value_or(at) > at || job.not_before.value_or(0) > at * 1'000'000) return false;
  const auto states = store_.states(job.after);
  if (!std::all_of(job.after.begin(), job.after.end(), [&](store::JobId before) {
        const auto state = states.find(before);
        return state != states.end() && state->second == store::State::done;
      }))
    return false;
  if (job.spec.deadline && at + (planned.end - planned.start) > *job.spec.deadline) return false;
  return plan::costs_no_more_at(tariff_.curve(at, settings_.horizon_s), planned, job.spec.when, at);
}

std::optional<store::JobId> Daemon::due_job() {
  look_at_deadlines();
  if (dirty_) replan();
  const plan::PlannedJob* next = next_job();
  const auto due = [&] { return next != nullptr && !paused_ && !is_past_end() && is_due(*next); };
  if (due()) return std::stoll(next->id);
  if (stale_ || (next != nullptr && next->start + late_s < now())) {
    replan();
    next = next_job();
  }
  return due() ? std::optional(std::stoll(next->id)) : std::nullopt;
}

void Daemon::strike(store::JobId id) {
  std::erase_if(plan_.plan.jobs, [&](const plan::PlannedJob& job) { return std::stoll(job.id) == id; });
}

bool Daemon::nothing_left() const {
  if (settings_.inbox != nullptr && settings_.inbox->any_soon()) return false;
  const plan::PlannedJob* next = next_job();
  return paused_ || next == nullptr || is_past_end() || (next->start > now() && next->start >= *limit_);
}

void Daemon::take_dropped() {
  if (settings_.inbox == nullptr) return;
  const double end_s = clock_.monotonic_s() + take_files_s;
  while (settings_.inbox->look() && clock_.monotonic_s() < end_s) handle(waiter_.look());
}

void Daemon::end_worker() {
  runner_.dismiss_worker();
  restart_worker_ = false;
  log_.info("the worker was ended; the next job starts a new one");
}

std::optional<tariff::Seconds> Daemon::tariff_due() const {
  const tariff::Tariff& tariff = tariff_.tariff();
  std::optional<tariff::Seconds> due;
  const auto by = [&](tariff::Seconds instant) { due = due ? std::min(*due, instant) : instant; };
  // Something is to be said of its holidays then.
  if (const auto turn = tariff::next_calendar_turn(tariff, tariff_read_at_)) by(*turn);
  for (const tariff::FeedState& feed : tariff.feeds) by(feed.due_at);
  if (due) due = std::max(*due, tariff_read_at_ + 1);
  return due;
}

power::BatchState Daemon::batch_state(bool finished) const {
  return {now(), finished, result_.done, result_.failed, queue_facts(store_, plan_, paused_, now())};
}

std::optional<tariff::Seconds> Daemon::after_batch() {
  const plan::PlannedJob* next = next_job();
  const bool finished = limit_ ? nothing_left() : next == nullptr || next->start > now() + batch_gap_s;
  // Neither the end of this process nor that of the machine is to come before messages have gone.
  const auto send_notices = [&]() -> std::optional<tariff::Seconds> {
    if (!finished || settings_.notices == nullptr) return std::nullopt;
    const auto look_again = settings_.notices->batch_ended(now());
    return limit_ || settings_.after_batch != nullptr ? look_again : std::nullopt;
  };
  if (const auto look_again = send_notices()) return look_again;
  if (settings_.after_batch == nullptr) return std::nullopt;
  const auto look_again = settings_.after_batch->look(batch_state(finished));
  return look_again ? look_again : send_notices();
}

void Daemon::sleep(std::optional<tariff::Seconds> until) {
  const plan::PlannedJob* next = next_job();
  if (runner_.has_worker() && (next == nullptr || paused_ || next->start > now() + keep_worker_s))
    runner_.dismiss_worker();
  const auto by = [&](tariff::Seconds instant) { until = until ? std::min(*until, instant) : instant; };
  if (next != nullptr && !paused_) by(next->start);
  if (!plan_.plan.unplaced.empty()) by(planned_at_ + try_again_s);
  if (next_miss_) by(*next_miss_);
  std::optional<tariff::Seconds> reread = tariff_due();
  // Fetching can take a while, and must not make the next job late.
  if (reread && next != nullptr && !paused_ && *reread + slow_fetch_s > next->start) reread.reset();
  if (reread) by(*reread);
  if (idle_read_at_) by(*idle_read_at_);
  if (tariff_.files().must_be_polled()) by(now() + poll_files_s);
  report_status(paused_           ? "paused"
                : next == nullptr ? "no jobs wait"
                                  : "next job at " + tariff::format_utc(next->start));
  handle(waiter_.wait(until));
  read_idle_meter();
  if (reread && now() >= *reread) {
    reload_tariff();
    dirty_ = true;
  }
  if (!plan_.plan.unplaced.empty() && now() >= planned_at_ + try_again_s) dirty_ = true;
}

/// Idle time is metered only so often that no counter wraps unseen.
void Daemon::read_idle_meter() {
  meter::Meter* meter = settings_.runner.meter.get();
  if (meter == nullptr || !meter->is_live()) return;
  const auto interval = static_cast<tariff::Seconds>(meter->idle_interval_s());
  if (idle_read_at_ && now() < *idle_read_at_ && *idle_read_at_ <= now() + interval) return;
  if (idle_read_at_) runner_.idle().book(meter->end_idle());
  runner_.idle().write(false);
  idle_read_at_ = now() + interval;
}

void Daemon::end_idle_meter() {
  meter::Meter* meter = settings_.runner.meter.get();
  if (meter == nullptr || !meter->is_live()) return;
  runner_.idle().book(meter->end_idle());
  runner_.idle().write(true);
}

DaemonResult Daemon::run() {
  tariff_read_at_ = now();
  if (settings_.once)
    limit_ = settings_.until ? *settings_.until : tariff_.off_peak_end(now(), settings_.horizon_s);
  result_.failed = runner_.recover();
  if (result_.failed > 0 && settings_.notices != nullptr) settings_.notices->attempt_ended();
  read_idle_meter();
  if (settings_.notify) settings_.notify("READY=1");
  while (true) {
    store_.require_in_place();
    handle(waiter_.look());
    if (stopping_) break;
    take_dropped();
    handle(waiter_.look());
    if (stopping_) break;
    if (restart_worker_) end_worker();
    const auto due = tariff_due();
    if (tariff_.files_changed() || (due && *due + overdue_s <= now())) {
      reload_tariff();
      dirty_ = true;
    }
    if (const auto job = due_job()) {
      run_job(*job);
      continue;
    }
    const auto look_again = after_batch();
    if (limit_ && !look_again && nothing_left()) {
      if (paused_) log_.warn("the queue is paused; 'turbodiff-sched resume' lets jobs run");
      if (const plan::PlannedJob* next = next_job();
          next != nullptr && result_.done + result_.failed == 0 && !paused_)
        log_.info("no job may run now; the next job is planned for {}",
                  tariff::format_local(next->start, tariff_.tariff().zone));
      break;
    }
    sleep(look_again);
  }
  if (settings_.notify) settings_.notify("STOPPING=1");
  if (stopping_ && settings_.after_batch != nullptr) {
    if (dirty_) replan();
    if (!paused_) settings_.after_batch->stopping(batch_state(false));
  }
  runner_.dismiss_worker();
  end_idle_meter();
  result_.stopped = stopping_;
  return result_;
}

}  // namespace turbodiff::runner
