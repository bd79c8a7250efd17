#include "sched/job_runner.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
#include <fstream>
#include <random>
#include <thread>

#include "core/error.h"
#include "core/hash.h"
#include "core/strings.h"
#include "core/units.h"
#include "energy/cost.h"
#include "sched/kernel_events.h"
#include "store/publish.h"
#include "tariff/local_time.h"

namespace turbodiff::sched {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

constexpr double poll_s = 0.1;
constexpr double alive_interval_s = 10;
constexpr double longest_retry_delay_s = 3600;
constexpr std::array<const char*, 2> side_files = {"save_latents", "contact_sheet"};

/// Whether trying the same again may help: not for wrong requests (2), what is not there (3) or what a limit
/// refuses (4), such as memory. A full disk may have room again; the engine tells it in the system's words.
bool worth_a_retry(int code, std::string_view message) {
  if (code == static_cast<int>(ErrorCode::refused))
    return message.find(std::strerror(ENOSPC)) != std::string_view::npos ||
           message.find(std::strerror(EDQUOT)) != std::string_view::npos;
  return code == static_cast<int>(ErrorCode::work_failed);
}

/// As store::publish(), with what waiting does not help as bad_request.
void publish_file(const store::Publication& file) {
  try {
    store::publish(file);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::refused) throw;
    throw Error::bad_request(error.message(), error.hint());
  }
}

fs::path side_name(const fs::path& final, store::JobId job, int attempt) {
  fs::path name = store::temporary_name(final, job, attempt);
  name += final.extension();
  return name;
}

}  // namespace

/// What is known of the attempt under way.
struct JobRunner::Running {
  store::Attempt attempt;
  store::Job job;
  store::Preset preset;
  Order order;
  std::vector<store::Publication> files;
  std::ofstream log;
  double began_s = 0;
  double seen_s = 0;
  bool resumed = false;
  std::string stage;
  std::optional<WorkerEvent> result;  ///< the event that ended it
  std::optional<core::ExitStatus> exit;
  std::int64_t oom_kills = 0;
  Stop stop = Stop::none;

  void write(std::string_view line) {
    log << line << '\n';
    log.flush();
  }
};

JobRunner::JobRunner(store::JobStore& store, std::int64_t epoch, TariffClock& tariff, Estimator& estimator,
                     const core::Clock& clock, core::Log& log, RunnerSettings settings)
    : store_(store),
      epoch_(epoch),
      tariff_(tariff),
      estimator_(estimator),
      clock_(clock),
      log_(log),
      settings_(std::move(settings)) {}

JobRunner::~JobRunner() = default;

store::Micros JobRunner::now() const {
  return clock_.now().time_since_epoch().count();
}

/// A full disk or a busy store must not lose what happened: tried until it is written.
void JobRunner::persist(const std::function<void()>& change) {
  for (double pause_s = 0.1;; pause_s = std::min(pause_s * 2, 10.0)) {
    try {
      return change();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::refused && error.code() != ErrorCode::work_failed) throw;
      log_.error("{}; trying again", error.message());
      std::this_thread::sleep_for(std::chrono::duration<double>(pause_s));
    }
  }
}

std::pair<store::Bill, std::vector<store::PriceSnapshot>> JobRunner::bill_of(const store::Attempt& attempt,
                                                                             const std::string& device,
                                                                             std::int64_t microseconds,
                                                                             bool complete) {
  constexpr std::int64_t a_second = 1'000'000;
  store::Bill bill;
  bill.microseconds = std::max<std::int64_t>(0, microseconds);
  bill.milliwatts = estimator_.milliwatts(device);
  bill.microjoules = energy::microjoules_of(bill.milliwatts, bill.microseconds);
  bill.tariff = tariff_.tariff().name;
  bill.currency = tariff_.tariff().currency;
  const std::int64_t start = attempt.started_at / a_second;
  const std::int64_t end = (attempt.started_at + bill.microseconds + a_second - 1) / a_second;
  const tariff::PriceCurve& curve = tariff_.curve(start, end - start + 1);
  const energy::CostParts cost =
      energy::cost_of(curve, attempt.started_at, bill.microseconds, bill.milliwatts);
  bill.gross = cost.gross;
  bill.net = cost.net;
  bill.levies = cost.levies;
  bill.vat = cost.vat;
  bill.complete = complete && cost.complete;
  std::vector<store::PriceSnapshot> prices;
  for (const tariff::Segment& segment : curve.segments()) {
    if (segment.end <= start || segment.start >= end) continue;
    store::PriceSnapshot snapshot;
    snapshot.start = std::max(segment.start, start);
    snapshot.end = std::min(segment.end, end);
    snapshot.rate = segment.rate.value_or("");
    if (segment.price) {
      snapshot.gross = segment.price->gross;
      snapshot.net = segment.price->net;
      snapshot.levies = segment.price->levies;
      snapshot.vat = segment.price->vat;
    }
    snapshot.off_peak = segment.off_peak;
    snapshot.fallback = segment.fallback;
    prices.push_back(std::move(snapshot));
  }
  return {bill, prices};
}

void JobRunner::recover() {
  for (const auto& left : store_.abandoned(epoch_)) {
    const store::Attempt& attempt = left.attempt;
    if (!store::kill_group(left.worker, 10))
      throw Error::work_failed(
          fmt::format("the engine of an earlier run (process {}) does not end", left.worker.pid),
          "end it and start again");
    const store::Job job = store_.job(attempt.job);
    const auto [bill, prices] = bill_of(attempt, job.device, attempt.last_seen - attempt.started_at,
                                        attempt.state == store::AttemptState::publishing);
    bool published = attempt.state == store::AttemptState::publishing && job.state == store::State::running;
    try {
      if (published)
        for (const store::Publication& file : left.publications) store::publish(file);
    } catch (const Error& error) {
      log_.warn("job {}: {}", job.id, error.message());
      published = false;
    }
    persist([&, &bill = bill, &prices = prices] {
      if (published)
        store_.finish(epoch_, attempt, bill, prices, now());
      else
        store_.interrupt(epoch_, attempt, bill, prices, "turbodiff-sched or the machine stopped", now());
    });
    store::remove_leftovers(job.spec.output, job.id, attempt.number);
    log_.info("job {}: {}", job.id,
              published ? "was finished, and is published now" : "was cut off, and is queued again");
  }
}

Outcome JobRunner::run(store::JobId id, const JobEstimate& estimate, const std::vector<std::string>& upcoming,
                       const StopQuestion& stop) {
  Running running;
  const store::Micros started = now();
  running.began_s = running.seen_s = clock_.monotonic_s();
  std::optional<store::Attempt> attempt;
  const bool setup = !worker_ || loaded_ != store_.job(id).fingerprint;
  persist([&] { attempt = store_.claim(epoch_, id, expected_time(estimate, setup), started); });
  if (!attempt) return Outcome::gone;
  running.attempt = *attempt;
  running.job = store_.job(id);
  running.preset = store_.preset(running.job.preset);
  running_ = &running;
  try {
    prepare(running, upcoming);
    supervise(running, stop);
    running_ = nullptr;
    return conclude(running);
  } catch (const Error& error) {
    running_ = nullptr;
    worker_.reset();
    return fail(running, static_cast<int>(error.code()),
                error.hint().empty() ? error.message() : error.message() + "; " + error.hint());
  }
}

void JobRunner::prepare(Running& running, const std::vector<std::string>& upcoming) {
  const store::Job& job = running.job;
  const int number = running.attempt.number;
  std::error_code error;
  fs::create_directories(store_.folder("logs"), error);
  fs::create_directories(store_.folder("checkpoints"), error);
  running.log.open(store_.log_file(job.id), std::ios::app);
  running.write(
      fmt::format("--- attempt {}, {}", number, tariff::format_utc(running.attempt.started_at / 1'000'000)));

  const fs::path output = job.spec.output;
  if (!job.spec.overwrite && fs::exists(output, error))
    throw Error::bad_request(fmt::format("'{}' exists already", output.string()),
                             "move it away or change the name with edit --output, then retry the job");
  fs::create_directories(output.parent_path(), error);

  Order& order = running.order;
  order.id = fmt::format("{}-{}", job.id, number);
  order.request = Json::parse(running.preset.options);
  order.request.update(Json::parse(job.spec.options));
  order.request["prompt"] = job.spec.prompt;
  order.request["output"] = output.string();
  if (!running.preset.image_sha256.empty() && order.request.contains("image") &&
      core::sha256_of_file(order.request["image"].get<std::string>()) != running.preset.image_sha256)
    throw Error::bad_request(fmt::format("the picture '{}' has changed since the job was added",
                                         order.request["image"].get<std::string>()),
                             "add the job again");
  order.write_to = store::temporary_name(output, job.id, number);
  order.checkpoint = store_.checkpoint_file(job.id);
  order.fingerprint = job.fingerprint;
  order.upcoming = upcoming;
  running.files.push_back({order.write_to.string(), output.string(), job.spec.overwrite});
  for (const char* key : side_files) {
    if (!order.request.contains(key)) continue;
    const fs::path final = order.request[key].get<std::string>();
    const fs::path temporary = side_name(final, job.id, number);
    order.request[key] = temporary.string();
    running.files.push_back({temporary.string(), final.string(), job.spec.overwrite});
  }
  running.resumed = fs::exists(order.checkpoint, error);
  running.oom_kills = oom_kill_count();

  if (!worker_)
    worker_ = std::make_unique<WorkerProcess>(
        settings_.program, [this](const WorkerEvent& event) { on_event(event); },
        [this](std::string_view line) { on_log(line); });
  persist([&] { store_.note_worker(epoch_, running.attempt.id, worker_->identity()); });
  log_.info("job {}: started, attempt {}", job.id, number);
  loaded_ = job.fingerprint;
  if (!worker_->order(order)) running.exit = worker_->wait(1);
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
    if (now_s - running.seen_s < alive_interval_s) continue;
    running.seen_s = now_s;
    try {
      const auto elapsed = std::llround((now_s - running.began_s) * 1e6);
      store_.note_alive(epoch_, running.attempt.id, running.attempt.started_at + elapsed);
    } catch (const Error& error) {
      log_.warn("{}", error.message());
    }
  }
  if (running.exit || running.stop != Stop::none) worker_.reset();
}

Outcome JobRunner::conclude(Running& running) {
  if (running.result && running.result->kind == WorkerEvent::Kind::done) return publish(running);
  if (running.result) return fail(running, running.result->code, running.result->message);
  switch (running.stop) {
    case Stop::cancelled:
      return interrupt(running, "cancelled");
    case Stop::window_end:
      return interrupt(running, "the off-peak window ended");
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
                "the engine was ended by the kernel because memory ran out; lower the size or frames");
  return fail(running, static_cast<int>(ErrorCode::work_failed),
              fmt::format("the engine ended unexpectedly: {}", status.describe()));
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
    return fail(running, static_cast<int>(error.code()),
                error.hint().empty() ? error.message() : error.message() + "; " + error.hint());
  }
  const auto [bill, prices] = bill_of(running.attempt, running.job.device, elapsed(), true);
  persist(
      [&, &bill = bill, &prices = prices] { store_.finish(epoch_, running.attempt, bill, prices, now()); });
  std::error_code error;
  fs::remove(running.order.checkpoint, error);
  if (running.attempt.number > 1)
    store::remove_leftovers(running.job.spec.output, running.job.id, running.attempt.number);
  running.write(fmt::format("published {}", running.job.spec.output));
  log_.info("job {}: done in {}, {} kWh, {} {}: {}", running.job.id,
            core::format_duration(static_cast<double>(bill.microseconds) / 1e6),
            core::Kwh::from_microjoules(bill.microjoules).to_string(),
            core::Money::from_micro(bill.gross).to_string(), bill.currency, running.job.spec.output);
  return Outcome::done;
}

/// What an attempt that came to nothing has left.
void JobRunner::remove_files(const Running& running) {
  for (const store::Publication& file : running.files)
    store::remove_leftovers(file.final, running.job.id, running.attempt.number);
  std::error_code error;
  for (const store::Publication& file : running.files) fs::remove(file.temporary, error);
}

Outcome JobRunner::fail(Running& running, int code, const std::string& message) {
  const auto elapsed = std::llround((clock_.monotonic_s() - running.began_s) * 1e6);
  const auto [bill, prices] = bill_of(running.attempt, running.job.device, elapsed, true);
  std::optional<store::Micros> retry_at;
  if (worth_a_retry(code, message) && running.job.failures < running.job.spec.retries) {
    std::mt19937 random(std::random_device{}());
    const double jitter = std::uniform_real_distribution(1.0, 1.25)(random);
    const double delay_s =
        std::min(longest_retry_delay_s, settings_.retry_delay_s * std::exp2(running.job.failures)) * jitter;
    retry_at = now() + std::llround(delay_s * 1e6);
  }
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
  const auto [bill, prices] = bill_of(running.attempt, running.job.device, elapsed, true);
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
  if (event.progress != running_->stage && !event.progress.empty()) {
    running_->stage = event.progress;
    running_->write(fmt::format("{:8.1f} s  {}", clock_.monotonic_s() - running_->began_s, event.progress));
  }
}

void JobRunner::on_log(std::string_view line) {
  if (running_ != nullptr) running_->write(line);
}

}  // namespace turbodiff::sched
