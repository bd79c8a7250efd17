// One attempt at one job, from the claim to the bill.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/error.h"
#include "core/log.h"
#include "meter/meter.h"
#include "queue/estimator.h"
#include "queue/tariff_clock.h"
#include "runner/billing.h"
#include "runner/worker_process.h"
#include "store/job_store.h"

namespace turbodiff::runner {

struct RunnerSettings {
  std::filesystem::path program;        ///< the turbodiff executable
  double retry_delay_s = 30;            ///< before the first retry, doubled for each further one, with jitter
  double stop_grace_s = 120;            ///< time for a worker to reach its next checkpoint
  std::shared_ptr<meter::Meter> meter;  ///< may be null
};

/// Why a running job is stopped.
enum class Stop { none, shutdown, window_end, cancelled, restart };
/// Called several times a second while a job runs.
using StopQuestion = std::function<Stop()>;

enum class Outcome {
  gone,  ///< it can no longer be claimed
  done,
  failed,  ///< for good
  will_retry,
  interrupted,  ///< queued again, or cancelled
};

class JobRunner {
 public:
  JobRunner(store::JobStore& store, std::int64_t epoch, queue::TariffClock& tariff,
            queue::Estimator& estimator, const core::Clock& clock, core::Log& log, RunnerSettings settings);
  ~JobRunner();

  /// Completes the attempts of earlier runners: kills their workers, completes or reverts unfinished
  /// publications, bills, and queues the jobs again. An attempt without progress beyond earlier ones counts
  /// as a failure, and its job lets others run first; a job that has used up its retries is held. Returns the
  /// number of held jobs.
  int recover();

  /// `upcoming` prompts of later jobs with the same model are embedded in the same pass.
  Outcome run(store::JobId job, const queue::JobEstimate& estimate, const std::vector<std::string>& upcoming,
              const StopQuestion& stop);

  IdleLedger& idle() { return billing_.idle(); }

  bool has_worker() const { return worker_ != nullptr; }
  /// Ends the worker between jobs, so that its memory and idle power are freed.
  void dismiss_worker();

 private:
  struct Running;
  void prepare(Running& running, const std::vector<std::string>& upcoming);
  void supervise(Running& running, const StopQuestion& stop);
  Outcome conclude(Running& running);
  Outcome publish(Running& running);
  Outcome fail(Running& running, int code, const std::string& message, bool retry);
  Outcome fail(Running& running, const Error& error);
  static void remove_files(const Running& running);
  void remove_preview(store::JobId job);
  Outcome interrupt(Running& running, const std::string& reason);
  void on_event(const WorkerEvent& event);
  void on_log(std::string_view line);
  Outcome fail_after_death(Running& running);
  void persist(const std::function<void()>& change);
  /// When a job that has failed `failures` times before may be tried again.
  store::Micros retry_time(int failures) const;
  store::Micros latest_end(const store::JobStore::Abandoned& left, bool was_alive,
                           std::optional<store::Micros> next_start) const;
  store::Micros now() const;

  store::JobStore& store_;
  std::int64_t epoch_;
  queue::TariffClock& tariff_;
  queue::Estimator& estimator_;
  const core::Clock& clock_;
  core::Log& log_;
  RunnerSettings settings_;
  Billing billing_;
  std::unique_ptr<WorkerProcess> worker_;
  std::string loaded_;  ///< fingerprint of the model that the worker has loaded
  Running* running_ = nullptr;
};

}  // namespace turbodiff::runner
