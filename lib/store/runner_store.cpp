// The half of JobStore that is for whoever runs the jobs.
#include <fmt/format.h>

#include "core/error.h"
#include "store/database.h"
#include "store/energy_rows.h"
#include "store/job_store.h"
#include "store/rows.h"

namespace turbodiff::store {
namespace {

/// attempts.worker_start of those that were under way when the machine stopped.
constexpr std::int64_t gone_with_the_machine = -1;

/// Commits of this scope do not wait for the disk.
class Unflushed {
 public:
  explicit Unflushed(Database& database) : database_(database) { database_.flush_commits(false); }
  ~Unflushed() {
    try {
      database_.flush_commits(true);
    } catch (const std::exception&) {
      // Only memory can be short for it; the next commit that must be on the disk fails then, too.
    }
  }
  Unflushed(const Unflushed&) = delete;
  Unflushed& operator=(const Unflushed&) = delete;

 private:
  Database& database_;
};

}  // namespace

void JobStore::check_epoch(std::int64_t epoch) const {
#ifndef TURBODIFF_WITHOUT_FENCING
  if (runner().epoch != epoch) throw FencedOff();
#endif
}

std::int64_t JobStore::begin_epoch(const ProcessIdentity& process) {
  return guarded(*database_, [&] {
    Transaction transaction(*database_, "begin-epoch");
    // After a restart of the machine the numbers of processes mean others.
    if (runner().process.boot_id != process.boot_id)
      database_
          ->statement(
              "UPDATE attempts SET worker_pid = 0, worker_start = -1 "
              "WHERE state IN ('running', 'publishing')")
          .exec();
    auto update =
        database_->statement("UPDATE runner SET epoch = epoch + 1, boot_id = ?, pid = ?, pid_start = ?");
    update.bind(1, process.boot_id);
    update.bind(2, process.pid);
    update.bind(3, process.start);
    update.exec();
    const std::int64_t epoch = runner().epoch;
    transaction.commit();
    return epoch;
  });
}

std::vector<JobStore::Abandoned> JobStore::abandoned(std::int64_t epoch) const {
  return guarded(*database_, [&] {
    std::vector<Abandoned> all;
    const std::string boot_id = current_boot_id();
    static const std::string sql = fmt::format(
        "SELECT {}, a.worker_pid, a.worker_start FROM attempts a LEFT JOIN energy e ON e.attempt_id = a.id "
        "WHERE a.state IN ('running', 'publishing') AND a.epoch < ? ORDER BY a.id",
        attempt_columns);
    auto find = database_->statement(sql.c_str());
    find.bind(1, epoch);
    while (find.executeStep()) {
      const std::int64_t pid = find.getColumn(attempt_column_count).getInt64(),
                         start = find.getColumn(attempt_column_count + 1).getInt64();
      all.push_back({read_attempt(find), {boot_id, pid, start}, {}, start == gone_with_the_machine});
    }
    for (Abandoned& one : all) {
      auto files = database_->statement(
          "SELECT temporary, final, overwrite, device, inode, bytes, modified_ns FROM publications "
          "WHERE attempt_id = ?");
      files.bind(1, one.attempt.id);
      while (files.executeStep())
        one.publications.push_back({files.getColumn(0).getString(), files.getColumn(1).getString(),
                                    files.getColumn(2).getInt() != 0,
                                    static_cast<std::uint64_t>(files.getColumn(3).getInt64()),
                                    static_cast<std::uint64_t>(files.getColumn(4).getInt64()),
                                    files.getColumn(5).getInt64(), files.getColumn(6).getInt64()});
    }
    return all;
  });
}

std::optional<Attempt> JobStore::claim(std::int64_t epoch, JobId id, const ExpectedTime& expected,
                                       Micros now) {
  return guarded(*database_, [&]() -> std::optional<Attempt> {
    Transaction transaction(*database_, "claim");
    check_epoch(epoch);
    auto update = database_->statement(
        "UPDATE jobs SET state = 'running', attempts = attempts + 1, started_at = ?, finished_at = NULL "
        "WHERE id = ? AND state = 'queued'");
    update.bind(1, now);
    update.bind(2, id);
    if (update.exec() == 0) return std::nullopt;
    Attempt attempt;
    attempt.job = id;
    attempt.number = job(id).attempts;
    attempt.epoch = epoch;
    attempt.started_at = attempt.last_seen = now;
    auto insert = database_->statement(
        "INSERT INTO attempts (job_id, number, epoch, state, started_at, last_seen, expected_s, "
        "expected_low_s, expected_high_s) VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?)");
    insert.bind(1, id);
    insert.bind(2, attempt.number);
    insert.bind(3, epoch);
    insert.bind(4, now);
    insert.bind(5, now);
    insert.bind(6, expected.seconds);
    insert.bind(7, expected.low);
    insert.bind(8, expected.high);
    insert.exec();
    attempt.expected = expected;
    attempt.id = database_->sql().getLastInsertRowid();
    add_event(id, now, "started", fmt::format("attempt {}", attempt.number));
    transaction.commit();
    return attempt;
  });
}

void JobStore::note_worker(std::int64_t epoch, std::int64_t attempt, const ProcessIdentity& worker) {
  guarded(*database_, [&] {
    Transaction transaction(*database_, "note-worker");
    check_epoch(epoch);
    auto update = database_->statement("UPDATE attempts SET worker_pid = ?, worker_start = ? WHERE id = ?");
    update.bind(1, worker.pid);
    update.bind(2, worker.start);
    update.bind(3, attempt);
    update.exec();
    transaction.commit();
  });
}

void JobStore::note_alive(std::int64_t epoch, std::int64_t attempt, Micros now,
                          std::span<const energy::Sample> samples, const std::string& meter_state,
                          std::int64_t steps, bool flush) {
  guarded(*database_, [&] {
    std::optional<Unflushed> unflushed;
    if (!flush) unflushed.emplace(*database_);
    Transaction transaction(*database_, "note-alive");
    check_epoch(epoch);
    auto update = database_->statement(
        "UPDATE attempts SET last_seen = ?, meter_state = ?, steps = max(steps, ?) WHERE id = ?");
    update.bind(1, now);
    update.bind(2, meter_state);
    update.bind(3, steps);
    update.bind(4, attempt);
    update.exec();
    replace_samples(*database_, attempt, samples);
    transaction.commit();
  });
}

void JobStore::begin_publication(std::int64_t epoch, std::int64_t attempt, std::span<const Publication> files,
                                 const StageTimes& stages, bool resumed, Micros now) {
  guarded(*database_, [&] {
    Transaction transaction(*database_, "begin-publication");
    check_epoch(epoch);
    auto update = database_->statement(
        "UPDATE attempts "
        "SET state = 'publishing', last_seen = ?, load_s = ?, text_s = ?, denoise_s = ?, decode_s = ?, "
        "encode_s = ?, resumed = ? WHERE id = ?");
    int i = 1;
    update.bind(i++, now);
    for (const double seconds : {stages.load, stages.text, stages.denoise, stages.decode, stages.encode})
      update.bind(i++, seconds);
    update.bind(i++, resumed ? 1 : 0);
    update.bind(i, attempt);
    update.exec();
    for (const Publication& file : files) {
      auto insert = database_->statement("INSERT INTO publications VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
      insert.bind(1, attempt);
      insert.bind(2, file.temporary);
      insert.bind(3, file.final);
      insert.bind(4, file.overwrite ? 1 : 0);
      insert.bind(5, static_cast<std::int64_t>(file.device));
      insert.bind(6, static_cast<std::int64_t>(file.inode));
      insert.bind(7, file.bytes);
      insert.bind(8, file.modified_ns);
      insert.exec();
    }
    transaction.commit();
  });
}

void JobStore::close_attempt(std::int64_t epoch, const Attempt& attempt, AttemptState state, const Bill& bill,
                             std::span<const tariff::Segment> prices, int error_code,
                             const std::string& error, Micros now) {
  check_epoch(epoch);
  auto update = database_->statement(
      "UPDATE attempts SET state = ?, ended_at = ?, error_code = ?, error = ? "
      "WHERE id = ? AND ended_at IS NULL");
  update.bind(1, std::string(name_of(state)));
  update.bind(2, now);
  update.bind(3, error_code);
  update.bind(4, error);
  update.bind(5, attempt.id);
  if (update.exec() == 0) throw FencedOff();
  insert_bill(*database_, attempt.id, bill, prices);
}

void JobStore::finish(std::int64_t epoch, const Attempt& attempt, const Bill& bill,
                      std::span<const tariff::Segment> prices, Micros now) {
  guarded(*database_, [&] {
    Transaction transaction(*database_, "finish");
    close_attempt(epoch, attempt, AttemptState::done, bill, prices, 0, "", now);
    if (job(attempt.job).state == State::running) {
      auto update = database_->statement(
          "UPDATE jobs "
          "SET state = 'done', finished_at = ?, not_before = NULL, cancel_requested = 0, error_code = 0, "
          "error = '' WHERE id = ?");
      update.bind(1, now);
      update.bind(2, attempt.job);
      update.exec();
      add_event(attempt.job, now, "done", "");
    }
    transaction.commit();
  });
}

void JobStore::fail(std::int64_t epoch, const Attempt& attempt, const Bill& bill,
                    std::span<const tariff::Segment> prices, int error_code, const std::string& error,
                    std::optional<Micros> retry_at, Micros now) {
  guarded(*database_, [&] {
    Transaction transaction(*database_, "fail");
    close_attempt(epoch, attempt, AttemptState::failed, bill, prices, error_code, error, now);
    if (job(attempt.job).state == State::running) {
      after(State::running, retry_at ? Action::try_again : Action::fail, attempt.job);
      auto update = database_->statement(
          "UPDATE jobs "
          "SET state = ?, finished_at = ?, failures = failures + 1, not_before = ?, error_code = ?, "
          "error = ? WHERE id = ?");
      update.bind(1, std::string(name_of(retry_at ? State::queued : State::failed)));
      bind_optional(update, 2, retry_at ? std::nullopt : std::optional(now));
      bind_optional(update, 3, retry_at);
      update.bind(4, error_code);
      update.bind(5, error);
      update.bind(6, attempt.job);
      update.exec();
      add_event(attempt.job, now, retry_at ? "failed, will be tried again" : "failed", error);
      if (!retry_at)
        insert_notice({0, fmt::format("failed:{}", attempt.id), NoticeKind::failed, now, attempt.job,
                       job(attempt.job).spec.prompt, error});
      fail_dependents(now);
    }
    transaction.commit();
  });
}

void JobStore::interrupt(std::int64_t epoch, const Attempt& attempt, const Bill& bill,
                         std::span<const tariff::Segment> prices, const std::string& reason, Micros now) {
  guarded(*database_, [&] {
    Transaction transaction(*database_, "interrupt");
    close_attempt(epoch, attempt, AttemptState::interrupted, bill, prices, 0, reason, now);
    const Job was = job(attempt.job);
    if (was.state == State::running) {
      auto update = database_->statement(
          was.cancel_requested
              ? "UPDATE jobs SET state = 'cancelled', finished_at = ?, cancel_requested = 0 WHERE id = ?"
              : "UPDATE jobs SET state = 'queued', started_at = NULL WHERE id = ?2 AND ?1 IS NOT NULL");
      update.bind(1, now);
      update.bind(2, attempt.job);
      update.exec();
      add_event(attempt.job, now, was.cancel_requested ? "cancelled" : "interrupted", reason);
      if (was.cancel_requested) fail_dependents(now);
    }
    transaction.commit();
  });
}

void JobStore::cut_off(std::int64_t epoch, const Attempt& attempt, const Bill& bill,
                       std::span<const tariff::Segment> prices, const CutOff& how, Micros now) {
  guarded(*database_, [&] {
    Transaction transaction(*database_, "cut-off");
    const Job was = job(attempt.job);
    const bool hold = how.hold && was.state == State::running && !was.cancel_requested;
    const int error_code = hold ? static_cast<int>(ErrorCode::work_failed) : 0;
    close_attempt(epoch, attempt, hold ? AttemptState::failed : AttemptState::interrupted, bill, prices,
                  error_code, how.reason, now);
    if (was.state == State::running) {
      const State next = was.cancel_requested
                             ? State::cancelled
                             : after(State::running, hold ? Action::set_aside : Action::interrupt, was.id);
      auto update = database_->statement(
          "UPDATE jobs "
          "SET state = ?, started_at = NULL, finished_at = ?, cancel_requested = 0, "
          "failures = failures + 1, not_before = ?, error_code = ?, error = ? WHERE id = ?");
      update.bind(1, std::string(name_of(next)));
      bind_optional(update, 2, next == State::cancelled ? std::optional(now) : std::nullopt);
      bind_optional(update, 3, next == State::queued ? how.retry_at : std::nullopt);
      update.bind(4, hold ? error_code : was.error_code);
      update.bind(5, hold ? how.reason : was.error);
      update.bind(6, was.id);
      update.exec();
      add_event(was.id, now, next == State::queued ? "interrupted" : name_of(next), how.reason);
      if (next == State::cancelled) fail_dependents(now);
      if (hold)
        insert_notice({0, fmt::format("failed:{}", attempt.id), NoticeKind::failed, now, was.id,
                       was.spec.prompt, how.reason});
    }
    transaction.commit();
  });
}

void JobStore::save_plan(const std::map<JobId, PlannedStart>& starts) {
  guarded(*database_, [&] {
    std::map<JobId, PlannedStart> saved;
    {
      auto find = database_->statement("SELECT job_id, start, setup FROM plan");
      while (find.executeStep())
        saved[find.getColumn(0).getInt64()] = {find.getColumn(1).getInt64(), find.getColumn(2).getInt() != 0};
    }
    if (saved == starts) return;
    Transaction transaction(*database_, "plan");
    for (const auto& [job, start] : saved) {
      if (starts.contains(job)) continue;
      auto erase = database_->statement("DELETE FROM plan WHERE job_id = ?");
      erase.bind(1, job);
      erase.exec();
    }
    for (const auto& [job, start] : starts) {
      const auto known = saved.find(job);
      if (known != saved.end() && known->second == start) continue;
      // A job that was removed meanwhile has no plan any more.
      auto insert = database_->statement(
          "INSERT INTO plan SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM jobs WHERE id = ?1) "
          "ON CONFLICT (job_id) DO UPDATE SET start = excluded.start, setup = excluded.setup");
      insert.bind(1, job);
      insert.bind(2, start.start);
      insert.bind(3, start.setup ? 1 : 0);
      insert.exec();
    }
    transaction.commit();
  });
}

}  // namespace turbodiff::store
