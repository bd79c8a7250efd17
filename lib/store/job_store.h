// The durable queue: jobs, what happened to them, what they cost. Every change is one transaction.
//
// Anyone may add, edit, hold and so on at any time. Running jobs is for the holder of the store's lock
// (store_lock.h), which takes a new epoch with begin_epoch(): that is its fencing token. Each change by a
// runner checks it, so that one that was believed dead, or ran beside another, can publish and bill nothing
// any more.
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

/// Thrown to a runner whose epoch is over.
class FencedOff : public std::exception {
 public:
  const char* what() const noexcept override {
    return "another turbodiff-sched has taken over the job store";
  }
};

/// The file of an open store has been removed, moved or replaced: what would be written now were in no file
/// that anyone finds again, and no second try helps.
class StoreGone : public Error {
 public:
  explicit StoreGone(const std::filesystem::path& file);
};

struct ListQuery {
  std::vector<State> states;  ///< empty: all
  std::size_t limit = 0;      ///< 0: all
  bool newest_first = false;
};

/// What `edit` changes; what is not set stays. An empty inner value takes the setting away.
struct JobEdit {
  std::optional<std::string> prompt, output, options, group;
  std::optional<std::int64_t> priority;
  std::optional<std::optional<std::int64_t>> earliest, deadline;
  std::optional<When> when;
  std::optional<int> retries;
  std::optional<std::vector<JobId>> after;
};

/// An attempt with its bill, and what of its job a report shows.
struct BilledAttempt {
  Attempt attempt;
  std::string prompt, output, model, device, group;
  State job_state = State::queued;
  Micros added_at = 0;
  std::optional<std::int64_t> earliest;  ///< seconds
  std::int64_t tokens = 0, steps = 0, pixels = 0;
  std::vector<PriceSnapshot> prices;
  std::vector<EnergySample> samples;  ///< only where asked for
};

struct Event {
  Micros at = 0;
  std::string kind, detail;
};

/// What a job that is waiting needs to be planned.
struct WaitingJob {
  JobId id = 0;
  std::int64_t preset = 0;
  std::int64_t priority = 0;
  std::optional<std::int64_t> earliest, deadline;  ///< seconds; a retry's pause is part of earliest
  When when = When::off_peak;
  std::string group;
};

/// A finished generation, as far as estimates learn from it.
struct FinishedRun {
  std::int64_t tokens = 0, steps = 0, pixels = 0;
  double seconds = 0;                               ///< from claim to bill
  std::optional<std::int64_t> metered_microjoules;  ///< at the wall; nothing where it is power times time
  StageTimes stages;
};

/// When a job is planned to start (seconds), and whether it has to load its model.
struct PlannedStart {
  std::int64_t start = 0;
  bool setup = false;
  bool operator==(const PlannedStart&) const = default;
};

/// A file of the watch folder, read.
struct DroppedFile {
  std::string claim;         ///< where it was read, for this file alone
  std::string folder, name;  ///< where it was dropped
  std::string sha256;
  std::int64_t bytes = 0, modified_ns = 0;
  std::vector<NewJob> jobs;  ///< at least one
};

enum class FileOutcome {
  added,
  added_before,  ///< its claim is known: whoever added it was cut off afterwards
  same_as_before,
  refused
};

struct TakenFile {
  FileOutcome outcome = FileOutcome::added;
  JobId first_job = 0;
  std::int64_t jobs = 0;
  std::string reason;  ///< of refused
};

/// What follows from an attempt that ended unseen.
struct CutOff {
  std::string reason;
  bool hold = false;  ///< the job has used up its retries: `reason` becomes its error and a notice
  std::optional<Micros> retry_at;  ///< else it waits until then; nothing: not at all
};

struct RunnerInfo {
  std::int64_t epoch = 0;
  ProcessIdentity process;
  bool paused = false;
};

/// FILE-files/NAME: where what belongs to the store FILE is kept beside it. Not made here.
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
  /// While the job runs.
  std::filesystem::path preview_file(JobId job) const;

  // For everyone. Errors: not_found for a job that does not exist, bad_request as store::after().

  /// All or none. Error bad_request when an output is that of a waiting job or of two new ones (unless they
  /// overwrite), not_found for an `after` that does not exist.
  std::vector<JobId> add(std::span<const NewJob> jobs, Micros now);
  /// Adds the jobs of each file with a note of the file, all in one transaction; a file's jobs all or none,
  /// as add() would. With `skip_same`, a file of the same folder, name and content as an earlier one adds
  /// none.
  std::vector<TakenFile> take_files(std::span<const DroppedFile> files, bool skip_same, Micros now);
  /// Whether take_files() would add no jobs for it, whatever they are.
  bool knows_file(const DroppedFile& file, bool skip_same) const;
  /// The last file of that name whose jobs have not all ended.
  std::optional<TakenFile> unfinished_file(const std::string& folder, const std::string& name) const;
  Job job(JobId id) const;
  std::vector<Job> list(const ListQuery& query) const;
  std::map<State, std::int64_t> count_by_state() const;
  Preset preset(std::int64_t id) const;
  std::vector<Attempt> attempts(JobId job) const;
  std::map<JobId, std::vector<Attempt>> attempts(std::span<const JobId> jobs) const;
  std::vector<PriceSnapshot> prices(std::int64_t attempt) const;
  /// What a bill rests on; empty for attempts billed before version 2 of the store.
  std::vector<EnergySample> samples(std::int64_t attempt) const;
  std::vector<Event> events(JobId job) const;

  /// The billed attempts that began in [from, to), oldest first.
  std::vector<BilledAttempt> billed_attempts(Micros from, Micros to, bool with_samples) const;
  /// The stretches without a job that began in [from, to), oldest first.
  std::vector<IdleEnergy> idle_energy(Micros from, Micros to) const;

  void edit(JobId id, const JobEdit& changes, Micros now);
  void hold(JobId id, Micros now);
  /// One that was cut off too often begins to count anew.
  void release(JobId id, Micros now);
  /// A running job is cancelled by its runner, once it has stopped: then false. Without a living runner at
  /// once.
  bool cancel(JobId id, Micros now);
  /// Of a failed or cancelled job, and of one that is held because it was cut off too often. With it the jobs
  /// that had failed because it did. What its owner held when it failed for want of another is held again.
  /// Returns the job's state. Error bad_request for a job that comes after one that has failed or was
  /// cancelled.
  State retry(JobId id, Micros now);
  /// Error bad_request when jobs that wait come after it.
  void remove(JobId id);
  /// Fails the waiting jobs whose deadline has passed, with a notice, and those that come after them. Returns
  /// all of them.
  std::vector<JobId> fail_overdue(Micros now);
  /// The first deadline of a queued job that is later than `after`, in seconds.
  std::optional<std::int64_t> next_deadline(std::int64_t after) const;
  RunnerInfo runner() const;
  /// Throws StoreGone when the file has been removed, moved or replaced since it was opened.
  void require_in_place() const;
  void set_paused(bool paused);

  std::vector<WaitingJob> waiting() const;
  /// Who waits for whom, of waiting jobs; the jobs waited for may be over.
  std::multimap<JobId, JobId> waiting_after() const;
  std::map<JobId, State> states(std::span<const JobId> jobs) const;
  std::map<std::int64_t, Preset> presets() const;
  std::vector<FinishedRun> finished_runs(const std::string& fingerprint, const std::string& device,
                                         std::size_t newest) const;
  /// When jobs were last planned to start, seconds.
  std::map<JobId, PlannedStart> planned_starts(std::span<const JobId> jobs) const;
  void save_plan(const std::map<JobId, PlannedStart>& starts);

  // What people are told (outbox.h).

  /// The channels that notices are kept for from now on, in place of those before. What is pending for one
  /// that is gone has failed; what was sent a month ago is forgotten. Where there was none before, a batch
  /// begins.
  void set_channels(std::span<const ChannelRow> channels, Micros now);
  /// For each channel that wants its kind. False when its key is known or nobody wants it.
  bool add_notice(const Notice& notice);
  /// Attempts that have ended since the last batch was told of, oldest first.
  std::vector<EndedAttempt> unreported() const;
  /// add_notice() of a batch that tells of the attempts up to `last`; false when others have told of them.
  bool add_batch(const Notice& notice, std::int64_t last);
  /// Oldest first.
  std::vector<Delivery> pending(const std::string& channel) const;
  bool any_pending(Micros due_by) const;
  /// All that is pending, then the newest `ended` of the others.
  std::vector<Delivery> deliveries(std::size_t ended) const;
  std::map<std::string, std::map<DeliveryState, std::int64_t>> count_deliveries() const;
  /// Until when the channel has used up what it may send; 0 for one that is unknown.
  Micros channel_full_at(const std::string& channel) const;
  void note_sent(const std::string& channel, std::span<const std::int64_t> notices, Micros full_at,
                 Micros now);
  void note_refused(const std::string& channel, std::span<const std::int64_t> notices, Micros next_try,
                    const std::string& error);
  /// Given up.
  void note_failed(const std::string& channel, std::span<const std::int64_t> notices, Micros now,
                   const std::string& error);

  // For the runner.

  /// The new epoch. Attempts of earlier ones are over from now on: see abandoned().
  std::int64_t begin_epoch(const ProcessIdentity& process);
  struct Abandoned {
    Attempt attempt;
    ProcessIdentity worker;
    std::vector<Publication> publications;
    bool rebooted = false;  ///< the machine has started anew since
  };
  /// Open attempts of earlier epochs.
  std::vector<Abandoned> abandoned(std::int64_t epoch) const;

  // All of these throw FencedOff when `epoch` is over.

  /// queued -> running. Nothing when the job cannot be started any more (held, cancelled, edited away).
  std::optional<Attempt> claim(std::int64_t epoch, JobId job, const ExpectedTime& expected, Micros now);
  void note_worker(std::int64_t epoch, std::int64_t attempt, const ProcessIdentity& worker);
  /// That the attempt goes on, and how many steps it has finished. With what the meter has seen: `samples`
  /// replace those saved from the first one's start on, and `meter_state` what it noted before. Without
  /// `flush` a power cut may take the note back; a kill cannot.
  void note_alive(std::int64_t epoch, std::int64_t attempt, Micros now,
                  std::span<const EnergySample> samples = {}, const std::string& meter_state = {},
                  std::int64_t steps = 0, bool flush = true);
  void add_idle_energy(std::int64_t epoch, std::span<const IdleEnergy> idle);
  bool is_cancel_requested(JobId job) const;
  void begin_publication(std::int64_t epoch, std::int64_t attempt, std::span<const Publication> files,
                         const StageTimes& stages, bool resumed, Micros now);
  /// running -> done, with its bill.
  void finish(std::int64_t epoch, const Attempt& attempt, const Bill& bill,
              std::span<const PriceSnapshot> prices, Micros now);
  /// running -> failed or, with `retry_at`, queued.
  void fail(std::int64_t epoch, const Attempt& attempt, const Bill& bill,
            std::span<const PriceSnapshot> prices, int error_code, const std::string& error,
            std::optional<Micros> retry_at, Micros now);
  /// running -> queued, or cancelled where that was asked for.
  void interrupt(std::int64_t epoch, const Attempt& attempt, const Bill& bill,
                 std::span<const PriceSnapshot> prices, const std::string& reason, Micros now);
  /// An attempt ended unseen and counts as a failure: running -> queued or held; cancelled where that was
  /// asked for.
  void cut_off(std::int64_t epoch, const Attempt& attempt, const Bill& bill,
               std::span<const PriceSnapshot> prices, const CutOff& how, Micros now);

 private:
  std::vector<JobId> insert(std::span<const NewJob> jobs, Micros now);
  std::optional<TakenFile> known_file(const DroppedFile& file, bool skip_same) const;
  TakenFile take_file(const DroppedFile& file, bool skip_same, Micros now);
  void check_epoch(std::int64_t epoch) const;
  void close_attempt(std::int64_t epoch, const Attempt& attempt, AttemptState state, const Bill& bill,
                     std::span<const PriceSnapshot> prices, int error_code, const std::string& error,
                     Micros now);
  bool insert_notice(const Notice& notice);
  void fail_unrun(JobId id, int code, const std::string& reason, Micros now);
  std::vector<JobId> fail_dependents(Micros now);
  void add_event(JobId job, Micros at, std::string_view kind, std::string_view detail);
  std::unique_ptr<Database> database_;
};

}  // namespace turbodiff::store
