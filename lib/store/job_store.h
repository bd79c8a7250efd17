// The durable queue: jobs, their history and their costs. Every change is one transaction.
//
// Any process may add, edit, hold and so on at any time. Only the holder of the store's lock (store_lock.h)
// may run jobs; it takes a new epoch with begin_epoch(), which is its fencing token. Each change by a runner
// checks the epoch, so that a runner that was believed dead, or ran beside another, can no longer publish or
// bill anything.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/error.h"
#include "store/job.h"
#include "store/outbox.h"
#include "store/process_identity.h"

namespace turbodiff::store {

class Database;

/// Thrown to a runner whose epoch has ended.
class FencedOff : public std::exception {
 public:
  const char* what() const noexcept override {
    return "another turbodiff-sched has taken over the job store";
  }
};

/// The file of an open store has been removed, moved or replaced: further writes would go to a file that
/// nobody can find again, and a retry does not help.
class StoreGone : public Error {
 public:
  explicit StoreGone(const std::filesystem::path& file);
};

struct ListQuery {
  std::vector<State> states;  ///< empty: all
  std::size_t limit = 0;      ///< 0: all
  bool newest_first = false;
};

/// The changes of `edit`; unset fields are kept. An empty inner value removes the setting.
struct JobEdit {
  std::optional<std::string> prompt, output, options, group;
  std::optional<std::int64_t> priority;
  std::optional<std::optional<std::int64_t>> earliest, deadline;
  std::optional<spec::When> when;
  std::optional<int> retries;
  std::optional<std::vector<JobId>> after;
};

/// An attempt with its bill, and the fields of its job that a report shows.
struct BilledAttempt {
  Attempt attempt;
  std::string prompt, output, model, device, group;
  State job_state = State::queued;
  Micros added_at = 0;
  std::optional<std::int64_t> earliest;  ///< seconds
  std::int64_t tokens = 0, steps = 0, pixels = 0;
  std::vector<tariff::Segment> prices;
  std::vector<energy::Sample> samples;  ///< only where requested
};

struct Event {
  Micros at = 0;
  std::string kind, detail;
};

/// The fields of a waiting job that the planner needs.
struct WaitingJob {
  JobId id = 0;
  std::int64_t preset = 0;
  std::int64_t priority = 0;
  std::optional<std::int64_t> earliest, deadline;  ///< seconds; earliest includes the delay of a retry
  spec::When when = spec::When::off_peak;
  std::string group;
};

/// A finished generation, as training data of estimates.
struct FinishedRun {
  std::int64_t tokens = 0, steps = 0, pixels = 0;
  double seconds = 0;                               ///< from claim to bill
  std::optional<std::int64_t> metered_microjoules;  ///< at the wall; nullopt where it is power times time
  StageTimes stages;
};

/// The planned start of a job (seconds), and whether it has to load its model.
struct PlannedStart {
  std::int64_t start = 0;
  bool setup = false;
  bool operator==(const PlannedStart&) const = default;
};

/// The content of a file of the watch folder.
struct DroppedFile {
  std::string claim;         ///< where it was read; unique to this file
  std::string folder, name;  ///< where it was dropped
  std::string sha256;
  std::int64_t bytes = 0, modified_ns = 0;
  std::vector<NewJob> jobs;  ///< at least one
};

enum class FileOutcome {
  added,
  added_before,  ///< its claim is known: the process that added it was cut off afterwards
  same_as_before,
  refused
};

struct TakenFile {
  FileOutcome outcome = FileOutcome::added;
  JobId first_job = 0;
  std::int64_t jobs = 0;
  std::string reason;  ///< of refused
};

/// The consequences of an attempt whose end was not observed.
struct CutOff {
  std::string reason;
  bool hold = false;  ///< the job has used up its retries: `reason` becomes its error and a notice
  std::optional<Micros> retry_at;  ///< else the earliest time of a retry; nullopt: at once
};

struct RunnerInfo {
  std::int64_t epoch = 0;
  ProcessIdentity process;
  bool paused = false;
};

/// FILE-files/NAME: the folder for data that belongs to the store FILE. Not created here.
std::filesystem::path folder_beside(const std::filesystem::path& file, std::string_view name);

class JobStore {
 public:
  /// As Database.
  JobStore(std::filesystem::path file, bool create);
  ~JobStore();
  const std::filesystem::path& file() const;
  /// folder_beside(): checkpoints and logs.
  std::filesystem::path folder(std::string_view name) const;
  std::filesystem::path log_file(JobId job) const;
  std::filesystem::path checkpoint_file(JobId job) const;
  /// Exists while the job runs.
  std::filesystem::path preview_file(JobId job) const;

  // For all processes. Errors: not_found for a job that does not exist, bad_request as store::after().

  /// Adds all jobs or none. Error bad_request when an output is that of a waiting job or of two new ones
  /// (unless they overwrite), not_found for an `after` that does not exist.
  std::vector<JobId> add(std::span<const NewJob> jobs, Micros now);
  /// Adds the jobs of each file and a record of the file, all in one transaction; a file's jobs are added all
  /// or none, as by add(). With `skip_same`, a file with the folder, name and content of an earlier one adds
  /// none.
  std::vector<TakenFile> take_files(std::span<const DroppedFile> files, bool skip_same, Micros now);
  /// Whether take_files() would add no jobs for it, whatever its jobs are.
  bool knows_file(const DroppedFile& file, bool skip_same) const;
  /// The last file of that name with jobs that have not all ended.
  std::optional<TakenFile> unfinished_file(const std::string& folder, const std::string& name) const;
  Job job(JobId id) const;
  std::vector<Job> list(const ListQuery& query) const;
  std::map<State, std::int64_t> count_by_state() const;
  Preset preset(std::int64_t id) const;
  std::vector<Attempt> attempts(JobId job) const;
  std::map<JobId, std::vector<Attempt>> attempts(std::span<const JobId> jobs) const;
  std::vector<tariff::Segment> prices(std::int64_t attempt) const;
  /// The samples of a bill; empty for attempts billed before version 2 of the store.
  std::vector<energy::Sample> samples(std::int64_t attempt) const;
  std::vector<Event> events(JobId job) const;

  /// The billed attempts that began in [from, to), oldest first.
  std::vector<BilledAttempt> billed_attempts(Micros from, Micros to, bool with_samples) const;
  /// The idle spans that began in [from, to), oldest first.
  std::vector<IdleEnergy> idle_energy(Micros from, Micros to) const;

  void edit(JobId id, const JobEdit& changes, Micros now);
  void hold(JobId id, Micros now);
  /// A job that was cut off too often starts with no failures again.
  void release(JobId id, Micros now);
  /// A running job is cancelled by its runner once it has stopped: then false. Without a living runner the
  /// job is cancelled at once.
  bool cancel(JobId id, Micros now);
  /// For a failed or cancelled job, and one that is held because it was cut off too often. Jobs that had
  /// failed because of it are queued again as well; a job that its owner held when it failed for that reason
  /// is held again. A deadline that has passed is removed. Returns the job's state. Error bad_request for a
  /// job that depends on one that has failed or was cancelled.
  State retry(JobId id, Micros now);
  /// Error bad_request when waiting jobs depend on it.
  void remove(JobId id);
  /// Fails the waiting jobs whose deadline has passed, with a notice, and those that depend on them. Returns
  /// all of them.
  std::vector<JobId> fail_overdue(Micros now);
  /// The first deadline of a queued job that is later than `after`, in seconds.
  std::optional<std::int64_t> next_deadline(std::int64_t after) const;
  RunnerInfo runner() const;
  /// Throws StoreGone when the file has been removed, moved or replaced since it was opened.
  void require_in_place() const;
  void set_paused(bool paused);

  std::vector<WaitingJob> waiting() const;
  /// The dependencies of waiting jobs; the jobs they depend on may have ended.
  std::multimap<JobId, JobId> waiting_after() const;
  std::map<JobId, State> states(std::span<const JobId> jobs) const;
  std::map<std::int64_t, Preset> presets() const;
  std::vector<FinishedRun> finished_runs(const std::string& fingerprint, const std::string& device,
                                         std::size_t newest) const;
  /// The starts of the last plan, seconds.
  std::map<JobId, PlannedStart> planned_starts(std::span<const JobId> jobs) const;
  void save_plan(const std::map<JobId, PlannedStart>& starts);

  // Notifications (outbox.h).

  /// Replaces the channels that notices are stored for. Pending notices of a removed channel have failed;
  /// what was sent a month ago is deleted. Where there was no channel before, a new batch begins.
  void set_channels(std::span<const ChannelRow> channels, Micros now);
  /// Stores the notice for each channel that receives its kind. False when its key is known or no channel
  /// receives it.
  bool add_notice(const Notice& notice);
  /// Attempts that have ended since the last reported batch, oldest first.
  std::vector<EndedAttempt> unreported() const;
  /// add_notice() of a batch with the attempts up to `last`; false when another process has reported them.
  bool add_batch(const Notice& notice, std::int64_t last);
  /// Oldest first.
  std::vector<Delivery> pending(const std::string& channel) const;
  bool any_pending(Micros due_by) const;
  /// All pending deliveries, then the newest `ended` of the others.
  std::vector<Delivery> deliveries(std::size_t ended) const;
  std::map<std::string, std::map<DeliveryState, std::int64_t>> count_deliveries() const;
  /// When the channel's send quota is full again; 0 for an unknown channel.
  Micros channel_full_at(const std::string& channel) const;
  void note_sent(const std::string& channel, std::span<const std::int64_t> notices, Micros full_at,
                 Micros now);
  void note_refused(const std::string& channel, std::span<const std::int64_t> notices, Micros next_try,
                    const std::string& error);
  /// Marks the notices as failed for good.
  void note_failed(const std::string& channel, std::span<const std::int64_t> notices, Micros now,
                   const std::string& error);

  // For the runner.

  /// Returns the new epoch. Attempts of earlier ones have ended: see abandoned().
  std::int64_t begin_epoch(const ProcessIdentity& process);
  struct Abandoned {
    Attempt attempt;
    ProcessIdentity worker;
    std::vector<Publication> publications;
    bool rebooted = false;  ///< the machine has restarted since
  };
  /// Open attempts of earlier epochs.
  std::vector<Abandoned> abandoned(std::int64_t epoch) const;

  // All of these throw FencedOff when `epoch` has ended.

  /// queued -> running. Nothing when the job can no longer be started (held, cancelled, edited).
  std::optional<Attempt> claim(std::int64_t epoch, JobId job, const ExpectedTime& expected, Micros now);
  void note_worker(std::int64_t epoch, std::int64_t attempt, const ProcessIdentity& worker);
  /// Records that the attempt is running, and how many steps it has finished. With the meter's data:
  /// `samples` replace those saved from the first one's start on, and `meter_state` the previous state.
  /// Without `flush` a power failure may revert the record; a kill cannot.
  void note_alive(std::int64_t epoch, std::int64_t attempt, Micros now,
                  std::span<const energy::Sample> samples = {}, const std::string& meter_state = {},
                  std::int64_t steps = 0, bool flush = true);
  void add_idle_energy(std::int64_t epoch, std::span<const IdleEnergy> idle);
  bool is_cancel_requested(JobId job) const;
  void begin_publication(std::int64_t epoch, std::int64_t attempt, std::span<const Publication> files,
                         const StageTimes& stages, bool resumed, Micros now);
  /// running -> done, with its bill.
  void finish(std::int64_t epoch, const Attempt& attempt, const Bill& bill,
              std::span<const tariff::Segment> prices, Micros now);
  /// running -> failed or, with `retry_at`, queued.
  void fail(std::int64_t epoch, const Attempt& attempt, const Bill& bill,
            std::span<const tariff::Segment> prices, int error_code, const std::string& error,
            std::optional<Micros> retry_at, Micros now);
  /// running -> queued, or cancelled where that was requested.
  void interrupt(std::int64_t epoch, const Attempt& attempt, const Bill& bill,
                 std::span<const tariff::Segment> prices, const std::string& reason, Micros now);
  /// An attempt whose end was not observed and that counts as a failure: running -> queued or held; cancelled
  /// where that was requested.
  void cut_off(std::int64_t epoch, const Attempt& attempt, const Bill& bill,
               std::span<const tariff::Segment> prices, const CutOff& how, Micros now);

 private:
  std::vector<JobId> insert(std::span<const NewJob> jobs, Micros now);
  std::optional<TakenFile> known_file(const DroppedFile& file, bool skip_same) const;
  TakenFile take_file(const DroppedFile& file, bool skip_same, Micros now);
  void check_epoch(std::int64_t epoch) const;
  void close_attempt(std::int64_t epoch, const Attempt& attempt, AttemptState state, const Bill& bill,
                     std::span<const tariff::Segment> prices, int error_code, const std::string& error,
                     Micros now);
  bool insert_notice(const Notice& notice);
  void fail_unrun(JobId id, int code, const std::string& reason, Micros now);
  std::vector<JobId> fail_dependents(Micros now);
  void add_event(JobId job, Micros at, std::string_view kind, std::string_view detail);
  std::unique_ptr<Database> database_;
};

}  // namespace turbodiff::store
