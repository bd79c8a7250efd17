#include "runner/job_runner.h"

#include <fmt/format.h>

#include <cmath>
#include <csignal>
#include <random>
#include <thread>

#include "core/retry.h"
#include "core/text/strings.h"
#include "core/units.h"
#include "runner/kernel_events.h"
#include "runner/running_attempt.h"
#include "store/publish.h"

namespace turbodiff::runner {
namespace fs = std::filesystem;
namespace {

constexpr double poll_s = 0.1;
constexpr double longest_retry_delay_s = 3600;

/// As store::publish(), with what waiting does not help as bad_request.
void publish_file(const store::Publication& file) {
  try {
    store::publish(file);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::refused) throw;
    throw Error::bad_request(error.message(), error.hint());
  }
}

}  // namespace

JobRunner::JobRunner(store::JobStore& store, std::int64_t epoch, queue::TariffClock& tariff,
                     queue::Estimator& estimator, const core::Clock& clock, core::Log& log,
                     RunnerSettings settings)
    : store_(store),
      epoch_(epoch),
      tariff_(tariff),
      estimator_(estimator),
      clock_(clock),
      log_(log),
      settings_(std::move(settings)),
      billing_(store, epoch, tariff, estimator, settings_.meter.get(), log) {}

JobRunner::~JobRunner() = default;

store::Micros JobRunner::now() const {
  return clock_.now().time_since_epoch().count();
}

/// A full disk or a busy store must not lose what happened: tried until it is written.
void JobRunner::persist(const std::function<void()>& change) {
  for (double pause_s = 0.1;; pause_s = std::min(pause_s * 2, 10.0)) {
    try {
      return change();
    } catch (const store::StoreGone&) {
      throw;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::refused && error.code() != ErrorCode::work_failed) throw;
      log_.error("{}; trying again", error.message());
      std::this_thread::sleep_for(std::chrono::duration<double>(pause_s));
    }
  }
}

Outcome JobRunner::run(store::JobId id, const queue::JobEstimate& estimate,
                       const std::vector<std::string>& upcoming, const StopQuestion& stop) {
  Running running;
  const store::Micros started = billing_.begin(store_.job(id).device).value_or(now());
  running.began_s = running.seen_s = running.flushed_s = clock_.monotonic_s();
  std::optional<store::Attempt> attempt;
  const bool setup = !worker_ || loaded_ != store_.job(id).fingerprint;
  persist([&] { attempt = store_.claim(epoch_, id, queue::expected_time(estimate, setup), started); });
  if (!attempt) {
    billing_.call_off();
    return Outcome::gone;
  }
  running.attempt = *attempt;
  running.job = store_.job(id);
  running.preset = store_.preset(running.job.preset);
  running_ = &running;
  try {
    prepare(running, upcoming);
    supervise(running, stop);
    running_ = nullptr;
    remove_preview(id);
    return conclude(running);
  } catch (const store::StoreGone&) {
    running_ = nullptr;
    throw;
  } catch (const Error& error) {
    running_ = nullptr;
    worker_.reset();
    remove_preview(id);
    return fail(running, error);
  }
}

void JobRunner::supervise(Running& running, const StopQuestion& stop) {
  double stop_by_s = 0;
  while (!running.result) {
    if (!running.exit) running.exit = worker_->wait(poll_s);
    if (running.result || running.exit) break;
    const double now_s = clock_.monotonic_s();
    if (running.stop == Stop::none) {
      running.stop = stop();
      if (running.stop != Stop::none) {
        worker_->ask_to_stop();
        stop_by_s = now_s + settings_.stop_grace_s;
      }
    } else if (now_s > stop_by_s) {
      break;  // the worker is killed below
    }
    const bool new_step = running.attempt.steps > running.noted_steps;
    if (!new_step && now_s - running.seen_s < alive_interval_s) continue;
    const bool flush = new_step || now_s - running.flushed_s >= flush_interval_s;
    running.seen_s = now_s;
    if (flush) running.flushed_s = now_s;
    running.noted_steps = running.attempt.steps;
    try {
      billing_.note_alive(running.attempt, std::llround((now_s - running.began_s) * 1e6), flush);
    } catch (const store::StoreGone&) {
      throw;
    } catch (const Error& error) {
      log_.warn("{}", error.message());
    }
  }
  if (running.exit || running.stop != Stop::none) worker_.reset();
}

Outcome JobRunner::conclude(Running& running) {
  if (running.result && running.result->kind == WorkerEvent::Kind::done) return publish(running);
  if (running.result)
    return fail(running, running.result->code, running.result->message, running.result->retry);
  switch (running.stop) {
    case Stop::cancelled:
      return interrupt(running, "cancelled");
    case Stop::window_end:
      return interrupt(running, "the off-peak window ended");
    case Stop::restart:
      return interrupt(running, "the worker is restarted");
    case Stop::shutdown:
      return interrupt(running, "turbodiff-sched was stopped");
    case Stop::none:
      break;
  }
  return fail_after_death(running);
}

Outcome JobRunner::fail_after_death(Running& running) {
  const core::ExitStatus status = running.exit.value_or(core::ExitStatus{0, SIGKILL});
  // A kernel that ran out of memory will do so again.
  if (status.signal == SIGKILL && oom_kill_count() > running.oom_kills)
    return fail(running, static_cast<int>(ErrorCode::refused),
                "the engine was ended by the kernel because memory ran out; lower the size or frames", false);
  return fail(running, static_cast<int>(ErrorCode::work_failed),
              fmt::format("the engine ended unexpectedly: {}", status.describe()), true);
}

Outcome JobRunner::publish(Running& running) {
  const auto elapsed = [&] { return std::llround((clock_.monotonic_s() - running.began_s) * 1e6); };
  const WorkerEvent::Stages& stages = running.result->stages;
  running.attempt.stages = {stages.load, stages.text, stages.denoise, stages.decode, stages.encode};
  try {
    for (store::Publication& file : running.files) store::identify(file);
    persist([&] {
      store_.begin_publication(epoch_, running.attempt.id, running.files, running.attempt.stages,
                               running.resumed, running.attempt.started_at + elapsed());
    });
    // A finished video is not thrown away because the disk is full for a while.
    for (const store::Publication& file : running.files) persist([&] { publish_file(file); });
  } catch (const Error& error) {
    return fail(running, error);
  }
  const auto [bill, prices] = billing_.end(running.attempt, running.job, elapsed());
  persist(
      [&, &bill = bill, &prices = prices] { store_.finish(epoch_, running.attempt, bill, prices, now()); });
  std::error_code error;
  fs::remove(running.order.checkpoint, error);
  if (running.attempt.number > 1)
    store::remove_leftovers(running.job.spec.output, running.job.id, running.attempt.number);
  running.write(fmt::format("published {}", running.job.spec.output));
  log_.info("job {}: done in {}, {} kWh, {} {}: {}", running.job.id,
            core::format_duration(static_cast<double>(bill.microseconds) / 1e6),
            core::Kwh::from_microjoules(bill.microjoules).to_string(), bill.cost.gross.to_string(),
            bill.currency, running.job.spec.output);
  return Outcome::done;
}

void JobRunner::remove_preview(store::JobId job) {
  const fs::path preview = store_.preview_file(job);
  std::error_code error;
  for (const char* ending : {"", ".wanted"}) fs::remove(preview.string() + ending, error);
}

/// What an attempt that came to nothing has left.
void JobRunner::remove_files(const Running& running) {
  for (const store::Publication& file : running.files)
    store::remove_leftovers(file.final, running.job.id, running.attempt.number);
  std::error_code error;
  for (const store::Publication& file : running.files) fs::remove(file.temporary, error);
}

store::Micros JobRunner::retry_time(int failures) const {
  std::mt19937 random(std::random_device{}());
  const double jitter = std::uniform_real_distribution(1.0, 1.25)(random);
  const double delay_s =
      std::min(longest_retry_delay_s, settings_.retry_delay_s * std::exp2(failures)) * jitter;
  return now() + std::llround(delay_s * 1e6);
}

Outcome JobRunner::fail(Running& running, const Error& error) {
  return fail(running, static_cast<int>(error.code()),
              error.hint().empty() ? error.message() : error.message() + "; " + error.hint(),
              worth_a_retry(error));
}

Outcome JobRunner::fail(Running& running, int code, const std::string& message, bool retry) {
  const auto elapsed = std::llround((clock_.monotonic_s() - running.began_s) * 1e6);
  const auto [bill, prices] = billing_.end(running.attempt, running.job, elapsed);
  std::optional<store::Micros> retry_at;
  if (retry && running.job.failures < running.job.spec.retries && !store_.is_cancel_requested(running.job.id))
    retry_at = retry_time(running.job.failures);
  persist([&, &bill = bill, &prices = prices] {
    store_.fail(epoch_, running.attempt, bill, prices, code, message, retry_at, now());
  });
  std::error_code error;
  remove_files(running);
  if (!retry_at) fs::remove(running.order.checkpoint, error);
  running.write("failed: " + message);
  log_.error("job {}: {}{}", running.job.id, message, retry_at ? "; it will be tried again" : "");
  return retry_at ? Outcome::will_retry : Outcome::failed;
}

Outcome JobRunner::interrupt(Running& running, const std::string& reason) {
  const auto elapsed = std::llround((clock_.monotonic_s() - running.began_s) * 1e6);
  const auto [bill, prices] = billing_.end(running.attempt, running.job, elapsed);
  persist([&, &bill = bill, &prices = prices] {
    store_.interrupt(epoch_, running.attempt, bill, prices, reason, now());
  });
  std::error_code error;
  remove_files(running);
  if (running.stop == Stop::cancelled) fs::remove(running.order.checkpoint, error);
  running.write("stopped: " + reason);
  log_.info("job {}: stopped, {}", running.job.id, reason);
  return Outcome::interrupted;
}

void JobRunner::dismiss_worker() {
  if (!worker_) return;
  worker_->dismiss();
  constexpr double patience_s = 10;
  for (const double until = clock_.monotonic_s() + patience_s;
       clock_.monotonic_s() < until && !worker_->wait(1);) {
  }
  worker_.reset();
}

void JobRunner::on_event(const WorkerEvent& event) {
  if (running_ == nullptr || event.kind == WorkerEvent::Kind::ready || event.id != running_->order.id) return;
  if (event.kind != WorkerEvent::Kind::progress) {
    running_->result = event;
    return;
  }
  running_->attempt.steps = std::max(running_->attempt.steps, event.steps_done);
  if (event.progress != running_->stage && !event.progress.empty()) {
    running_->stage = event.progress;
    running_->write(fmt::format("{:8.1f} s  {}", clock_.monotonic_s() - running_->began_s, event.progress));
  }
}

void JobRunner::on_log(std::string_view line) {
  if (running_ != nullptr) running_->write(line);
}

}  // namespace turbodiff::runner
