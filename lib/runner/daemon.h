// The loop of `turbodiff-sched run` and `daemon`: plan, sleep until the planned second, run. The order of a
// plan is kept: when a job ends early, the next one starts at once if it costs no more then. The other jobs
// are planned again beside a running job, so that no job waits for a plan.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/log.h"
#include "inbox/inbox.h"
#include "power/after_batch.h"
#include "queue/estimator.h"
#include "queue/queue_plan.h"
#include "queue/tariff_clock.h"
#include "runner/event_waiter.h"
#include "runner/job_runner.h"
#include "runner/notices.h"
#include "store/job_store.h"

namespace turbodiff::runner {

/// What to do with an off-peak job that is still running when off-peak time ends.
enum class WindowEnd { finish, stop_and_requeue };

struct DaemonSettings {
  RunnerSettings runner;
  WindowEnd window_end = WindowEnd::finish;
  std::int64_t horizon_s = 7 * 86400;
  bool once = false;                         ///< ends when no job is left to run before `until`
  std::optional<tariff::Seconds> until;      ///< with `once`; nullopt: the end of the current off-peak window
  power::AfterBatch* after_batch = nullptr;  ///< may be null
  inbox::Inbox* inbox = nullptr;             ///< may be null
  Notices* notices = nullptr;                ///< may be null
  std::function<void(const std::string& state)> notify;  ///< sd_notify(3) messages; may be empty
};

/// The result of a run.
struct DaemonResult {
  bool stopped = false;  ///< by a signal
  int done = 0;
  int failed = 0;  ///< for good
  int unrun = 0;   ///< failed without an attempt: at their deadline, or with a job that they depend on
};

class Daemon {
 public:
  /// The store's lock must be held. Takes a new epoch.
  Daemon(store::JobStore& store, queue::TariffClock& tariff, queue::Estimator& estimator,
         const core::Clock& clock, core::Log& log, DaemonSettings settings);

  /// Runs until a signal, or according to `once`. Throws store::FencedOff when another process has taken
  /// over.
  DaemonResult run();

 private:
  /// The worker stays loaded when the next job of the same model starts within this time.
  static constexpr tariff::Seconds keep_worker_s = 60;

  tariff::Seconds now() const;
  void handle(const Wakeup& wakeup);
  void replan();
  void reload_tariff();
  /// Reports the deadlines that the current plan misses.
  void report_missed_deadlines();
  /// The job that is due, after planning again where that is needed.
  std::optional<store::JobId> due_job();
  void fail_overdue();
  /// Has the queue planned again when a job has missed its deadline, so that it fails then and its waiting clients are
  /// notified.
  void look_at_deadlines();
  /// The first job of the plan; null when there is none.
  const plan::PlannedJob* next_job() const;
  /// Whether `job` may start at this second.
  bool is_due(const plan::PlannedJob& job);
  /// Removes a job that has run from the plan.
  void strike(store::JobId id);
  /// Whether planning beside a running job takes a small enough share of the time.
  bool has_leisure() const;
  bool nothing_left() const;
  /// Whether the requested end has passed.
  bool is_past_end() const { return settings_.once && settings_.until && now() >= *settings_.until; }
  /// Adds the jobs of files that were dropped into the watch folder.
  void take_dropped();
  /// Ends the worker, as requested by SIGUSR1.
  void end_worker();
  void run_job(store::JobId id);
  Stop question();
  std::vector<std::string> upcoming_prompts(store::JobId id) const;
  /// When the tariff's series is to be read or fetched again.
  std::optional<tariff::Seconds> tariff_due() const;
  power::BatchState batch_state(bool finished) const;
  /// Runs the actions that follow a batch; returns when they must be called again.
  std::optional<tariff::Seconds> after_batch();
  void sleep(std::optional<tariff::Seconds> until);
  void read_idle_meter();
  void end_idle_meter();
  void report_status(const std::string& status);

  store::JobStore& store_;
  queue::TariffClock& tariff_;
  queue::Estimator& estimator_;
  const core::Clock& clock_;
  core::Log& log_;
  DaemonSettings settings_;
  EventWaiter waiter_;
  JobRunner runner_;
  std::optional<tariff::Seconds>
      limit_;           ///< with `once`: no job starts at or after this time, unless it is due now
  bool dirty_ = true;   ///< something other than the end of a job has changed: no job starts by the old plan
  bool stale_ = false;  ///< a job has ended since the plan was made, so that estimates may be better
  bool stopping_ = false;
  bool paused_ = false;
  bool restart_worker_ = false;
  queue::QueuePlan plan_;
  tariff::Seconds planned_at_ = 0;
  std::optional<tariff::Seconds> next_miss_;  ///< the next deadline of a queued job
  /// When the last plan was ready (monotonic), and how long it took.
  double planned_until_s_ = 0, planning_s_ = 0;
  tariff::Seconds tariff_read_at_ = 0;
  std::optional<tariff::Seconds> idle_read_at_;  ///< when the meter is to be read next between jobs
  std::optional<queue::RunningJob> running_;
  double running_since_s_ = 0;
  std::int64_t running_estimate_s_ = 0;
  std::optional<tariff::Seconds> window_end_;  ///< when the running job must stop
  DaemonResult result_;
};

}  // namespace turbodiff::runner
