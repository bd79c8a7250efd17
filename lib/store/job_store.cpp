#include "store/job_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/hash.h"
#include "store/change_notifier.h"
#include "store/database.h"
#include "store/rows.h"

namespace turbodiff::store {
namespace {

std::string digest_of(const Preset& preset) {
  core::Sha256 hash;
  for (const std::string* part :
       {&preset.options, &preset.model, &preset.fingerprint, &preset.device, &preset.image_sha256})
    hash.update(std::to_string(part->size())).update(":").update(*part);
  return hash.hex();
}

std::int64_t preset_id(Database& database, const Preset& preset) {
  const std::string digest = digest_of(preset);
  auto find = database.statement("SELECT id FROM presets WHERE digest = ?");
  find.bind(1, digest);
  if (find.executeStep()) return find.getColumn(0).getInt64();
  auto insert = database.statement(
      "INSERT INTO presets (digest, options, model, fingerprint, device, image_sha256, tokens, steps, "
      "pixels) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, digest);
  insert.bind(2, preset.options);
  insert.bind(3, preset.model);
  insert.bind(4, preset.fingerprint);
  insert.bind(5, preset.device);
  insert.bind(6, preset.image_sha256);
  insert.bind(7, preset.tokens);
  insert.bind(8, preset.steps);
  insert.bind(9, preset.pixels);
  insert.exec();
  return database.sql().getLastInsertRowid();
}

void require_exists(Database& database, JobId id, std::string_view option) {
  auto find = database.statement("SELECT 1 FROM jobs WHERE id = ? AND removed = 0");
  find.bind(1, id);
  if (!find.executeStep())
    throw Error::not_found(option.empty() ? fmt::format("there is no job {}", id)
                                          : fmt::format("{}: there is no job {}", option, id),
                           "see 'turbodiff-sched list'");
}

/// The waiting job that will write `output`, other than `self`.
void require_free_output(Database& database, const std::string& output, JobId self) {
  auto find = database.statement(
      "SELECT id FROM jobs WHERE output = ? AND state IN ('queued', 'held', 'running') AND id != ?");
  find.bind(1, output);
  find.bind(2, self);
  if (find.executeStep())
    throw Error::bad_request(
        fmt::format("job {} will write '{}' already", find.getColumn(0).getInt64(), output),
        "give another --output, or --force to let the later one replace it");
}

/// A job that comes after one that has failed or was cancelled can never run.
void require_hope(Database& database, JobId before, std::string_view what) {
  auto find = database.statement("SELECT state FROM jobs WHERE id = ? AND state IN ('failed', 'cancelled')");
  find.bind(1, before);
  if (find.executeStep())
    throw Error::bad_request(
        fmt::format("{}: job {} {}, and nothing can come after it", what, before,
                    find.getColumn(0).getString() == "failed" ? "has failed" : "was cancelled"),
        fmt::format("first run 'turbodiff-sched retry {}'", before));
}

void insert_after(Database& database, JobId job, const std::vector<JobId>& after) {
  for (const JobId before : std::set<JobId>(after.begin(), after.end())) {
    if (before == job) throw Error::bad_request("--after: a job cannot come after itself");
    require_exists(database, before, "--after");
    require_hope(database, before, "--after");
    auto insert = database.statement("INSERT INTO dependencies (job_id, after_id) VALUES (?, ?)");
    insert.bind(1, job);
    insert.bind(2, before);
    insert.exec();
  }
}

JobId insert_job(Database& database, const NewJob& job, std::int64_t preset, Micros now) {
  const JobSpec& spec = job.spec;
  if (!spec.overwrite) require_free_output(database, spec.output, 0);
  auto insert = database.statement(
      "INSERT INTO jobs (state, preset_id, prompt, output, options, priority, earliest, deadline, run_when, "
      "retries, job_group, overwrite, added_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, std::string(name_of(spec.held ? State::held : State::queued)));
  insert.bind(2, preset);
  insert.bind(3, spec.prompt);
  insert.bind(4, spec.output);
  insert.bind(5, spec.options);
  insert.bind(6, spec.priority);
  bind_optional(insert, 7, spec.earliest);
  bind_optional(insert, 8, spec.deadline);
  insert.bind(9, std::string(name_of(spec.when)));
  insert.bind(10, spec.retries);
  insert.bind(11, spec.group);
  insert.bind(12, spec.overwrite ? 1 : 0);
  insert.bind(13, now);
  insert.exec();
  return database.sql().getLastInsertRowid();
}

/// Whether `job` would wait for itself.
bool is_circular(Database& database, JobId job) {
  auto find = database.statement(
      "WITH RECURSIVE before (id) AS (SELECT after_id FROM dependencies WHERE job_id = ?1 UNION "
      "SELECT after_id FROM dependencies JOIN before ON job_id = before.id) SELECT 1 FROM before "
      "WHERE id = ?1");
  find.bind(1, job);
  return find.executeStep();
}

}  // namespace

JobStore::JobStore(std::filesystem::path file, bool create)
    : database_(std::make_unique<Database>(std::filesystem::absolute(file).lexically_normal(), create)) {}

JobStore::~JobStore() = default;

const std::filesystem::path& JobStore::file() const {
  return database_->file();
}

std::filesystem::path folder_beside(const std::filesystem::path& file, std::string_view name) {
  return std::filesystem::path(file.string() + "-files") / name;
}

std::filesystem::path JobStore::folder(std::string_view name) const {
  return folder_beside(file(), name);
}

std::filesystem::path JobStore::log_file(JobId job) const {
  return folder("logs") / fmt::format("{}.log", job);
}

std::filesystem::path JobStore::checkpoint_file(JobId job) const {
  return folder("checkpoints") / fmt::format("{}.safetensors", job);
}

std::filesystem::path JobStore::preview_file(JobId job) const {
  return folder("previews") / fmt::format("{}.png", job);
}

std::vector<JobId> JobStore::insert(std::span<const NewJob> jobs, Micros now) {
  std::vector<JobId> ids;
  ids.reserve(jobs.size());
  const Preset* last = nullptr;
  std::int64_t preset = 0;
  for (const NewJob& job : jobs) {
    if (last == nullptr || !(*last == job.preset)) preset = preset_id(*database_, job.preset);
    last = &job.preset;
    ids.push_back(insert_job(*database_, job, preset, now));
    insert_after(*database_, ids.back(), job.after);
  }
  return ids;
}

std::vector<JobId> JobStore::add(std::span<const NewJob> jobs, Micros now) {
  std::vector<JobId> ids;
  guarded(*database_, [&] {
    Transaction transaction(*database_, "add");
    ids = insert(jobs, now);
    transaction.commit();
  });
  notify_change(file());
  return ids;
}

void JobStore::edit(JobId id, const JobEdit& changes, Micros now) {
  guarded(*database_, [&] {
    Transaction transaction(*database_, "edit");
    Job job = this->job(id);
    after(job.state, Action::edit, id);
    JobSpec& spec = job.spec;
    const bool set_aside = is_set_aside(job);
    if (changes.prompt) spec.prompt = *changes.prompt;
    if (changes.options) spec.options = *changes.options;
    if (changes.group) spec.group = *changes.group;
    if (changes.priority) spec.priority = *changes.priority;
    if (changes.earliest) spec.earliest = *changes.earliest;
    if (changes.deadline) spec.deadline = *changes.deadline;
    if (changes.when) spec.when = *changes.when;
    if (changes.retries) spec.retries = *changes.retries;
    if (changes.output) {
      spec.output = *changes.output;
      if (!spec.overwrite) require_free_output(*database_, spec.output, id);
    }
    auto update = database_->statement(
        "UPDATE jobs "
        "SET prompt = ?, output = ?, options = ?, job_group = ?, priority = ?, earliest = ?, deadline = ?, "
        "run_when = ?, retries = ?, failures = ? WHERE id = ?");
    update.bind(1, spec.prompt);
    update.bind(2, spec.output);
    update.bind(3, spec.options);
    update.bind(4, spec.group);
    update.bind(5, spec.priority);
    bind_optional(update, 6, spec.earliest);
    bind_optional(update, 7, spec.deadline);
    update.bind(8, std::string(name_of(spec.when)));
    update.bind(9, spec.retries);
    // More failures than retries set a held job aside, which is not for its owner to do by this.
    update.bind(10, set_aside ? job.failures : std::min(job.failures, spec.retries));
    update.bind(11, id);
    update.exec();
    if (changes.after) {
      auto clear = database_->statement("DELETE FROM dependencies WHERE job_id = ?");
      clear.bind(1, id);
      clear.exec();
      insert_after(*database_, id, *changes.after);
      if (is_circular(*database_, id))
        throw Error::bad_request(fmt::format("--after: job {} would wait for itself", id));
    }
    add_event(id, now, "edited", "");
    transaction.commit();
  });
  notify_change(file());
}

void JobStore::hold(JobId id, Micros now) {
  guarded(*database_, [&] {
    Transaction transaction(*database_, "hold");
    const State state = after(job(id).state, Action::hold, id);
    auto update = database_->statement("UPDATE jobs SET state = 'held' WHERE id = ?");
    update.bind(1, id);
    update.exec();
    add_event(id, now, name_of(state), "");
    transaction.commit();
  });
  notify_change(file());
}

void JobStore::release(JobId id, Micros now) {
  guarded(*database_, [&] {
    Transaction transaction(*database_, "release");
    const Job held = job(id);
    const State state = after(held.state, Action::release, id);
    auto update = database_->statement(
        is_set_aside(held) ? "UPDATE jobs "
                             "SET state = 'queued', failures = 0, forgiven_attempts = attempts, "
                             "error_code = 0, error = '', not_before = NULL WHERE id = ?"
                           : "UPDATE jobs SET state = 'queued' WHERE id = ?");
    update.bind(1, id);
    update.exec();
    add_event(id, now, name_of(state), "");
    transaction.commit();
  });
  notify_change(file());
}

State JobStore::retry(JobId id, Micros now) {
  const Job before = guarded(*database_, [&] { return job(id); });
  if (is_set_aside(before)) {
    release(id, now);
    return State::queued;
  }
  State state = State::queued;
  guarded(*database_, [&] {
    Transaction transaction(*database_, "retry");
    const Job failed = job(id);
    after(failed.state, Action::retry, id);
    for (const JobId other : failed.after)
      require_hope(*database_, other, fmt::format("job {} comes after job {}", id, other));
    // Jobs that had failed because of it wait for it again.
    std::vector<JobId> again = {id};
    for (std::size_t k = 0; k < again.size(); ++k) {
      const Job one = k == 0 ? failed : job(again[k]);
      if (!one.spec.overwrite) require_free_output(*database_, one.spec.output, one.id);
      auto update = database_->statement(
          "UPDATE jobs "
          "SET state = iif(was_held, 'held', 'queued'), was_held = 0, failures = 0, "
          "deadline = iif(deadline <= ?1, NULL, deadline), "
          "forgiven_attempts = attempts, not_before = NULL, error_code = 0, error = '', started_at = NULL, "
          "finished_at = NULL, cancel_requested = 0 WHERE id = ?2");
      update.bind(1, now / 1'000'000);
      update.bind(2, one.id);
      update.exec();
      const State next = job(one.id).state;
      if (k == 0) state = next;
      add_event(one.id, now, name_of(next), "");
      auto find = database_->statement(
          "SELECT d.job_id FROM dependencies d JOIN jobs j ON j.id = d.job_id "
          "WHERE d.after_id = ?1 AND j.state = 'failed' AND j.error_code = ?2 AND j.removed = 0 "
          "AND NOT EXISTS (SELECT 1 FROM dependencies o JOIN jobs b ON b.id = o.after_id "
          "WHERE o.job_id = d.job_id AND b.state IN ('failed', 'cancelled'))");
      find.bind(1, one.id);
      find.bind(2, error_of_another);
      while (find.executeStep()) again.push_back(find.getColumn(0).getInt64());
    }
    transaction.commit();
  });
  notify_change(file());
  return state;
}

bool JobStore::cancel(JobId id, Micros now) {
  bool at_once = true;
  guarded(*database_, [&] {
    Transaction transaction(*database_, "cancel");
    const State state = job(id).state;
    after(state, Action::cancel, id);
    at_once = state != State::running || !is_alive(runner().process);
    // An attempt that a dead runner left open is billed and closed by the next one.
    auto update = database_->statement(
        at_once ? "UPDATE jobs SET state = 'cancelled', finished_at = ?2 WHERE id = ?1"
                : "UPDATE jobs SET cancel_requested = 1 WHERE id = ?1 AND ?2 IS NOT NULL");
    update.bind(1, id);
    update.bind(2, now);
    update.exec();
    add_event(id, now, at_once ? "cancelled" : "cancelling", "");
    fail_dependents(now);
    transaction.commit();
  });
  notify_change(file());
  return at_once;
}

void JobStore::remove(JobId id) {
  guarded(*database_, [&] {
    Transaction transaction(*database_, "remove");
    after(job(id).state, Action::remove, id);
    auto waiting = database_->statement(
        "SELECT d.job_id FROM dependencies d JOIN jobs j ON j.id = d.job_id "
        "WHERE d.after_id = ? AND j.state IN ('queued', 'held', 'running')");
    waiting.bind(1, id);
    if (waiting.executeStep())
      throw Error::bad_request(fmt::format("job {} waits for job {}", waiting.getColumn(0).getInt64(), id),
                               "remove or edit that one first");
    // Electricity that was paid for stays in the reports; what the job was does not.
    for (const char* sql :
         {"DELETE FROM dependencies WHERE after_id = ?", "DELETE FROM events WHERE job_id = ?",
          "DELETE FROM publications WHERE attempt_id IN (SELECT id FROM attempts WHERE job_id = ?)",
          "UPDATE attempts SET error = '' WHERE job_id = ?",
          "UPDATE jobs "
          "SET removed = 1, state = iif(state IN ('queued', 'held'), 'cancelled', state), prompt = '', "
          "output = '', options = '{}', error = '' "
          "WHERE id = ? AND EXISTS "
          "(SELECT 1 FROM attempts a JOIN energy e ON e.attempt_id = a.id WHERE a.job_id = jobs.id)",
          "DELETE FROM jobs WHERE id = ? AND removed = 0"}) {
      auto statement = database_->statement(sql);
      statement.bind(1, id);
      statement.exec();
    }
    transaction.commit();
  });
  std::error_code error;
  std::filesystem::remove(log_file(id), error);
  std::filesystem::remove(checkpoint_file(id), error);
  notify_change(file());
}

void JobStore::require_in_place() const {
  if (database_->has_moved()) throw StoreGone(file());
}

void JobStore::set_paused(bool paused) {
  guarded(*database_, [&] {
    Transaction transaction(*database_, paused ? "pause" : "resume");
    auto update = database_->statement("UPDATE runner SET paused = ?");
    update.bind(1, paused ? 1 : 0);
    update.exec();
    transaction.commit();
  });
  notify_change(file());
}

void JobStore::add_event(JobId job, Micros at, std::string_view kind, std::string_view detail) {
  auto insert = database_->statement("INSERT INTO events (job_id, at, kind, detail) VALUES (?, ?, ?, ?)");
  insert.bind(1, job);
  insert.bind(2, at);
  insert.bind(3, std::string(kind));
  insert.bind(4, std::string(detail));
  insert.exec();
}

}  // namespace turbodiff::store
