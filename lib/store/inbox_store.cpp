// Files of the watch folder: their jobs and the note that they were taken, in one transaction.
#include "core/error.h"
#include "store/change_notifier.h"
#include "store/database.h"
#include "store/job_store.h"

namespace turbodiff::store {
namespace {

TakenFile found(FileOutcome outcome, Query& row) {
  return {outcome, row.getColumn(0).getInt64(), row.getColumn(1).getInt64(), {}};
}

}  // namespace

std::optional<TakenFile> JobStore::known_file(const DroppedFile& file, bool skip_same) const {
  auto known = database_->statement("SELECT first_job, jobs FROM inbox_files WHERE claim = ?");
  known.bind(1, file.claim);
  if (known.executeStep()) return found(FileOutcome::added_before, known);
  if (!skip_same) return std::nullopt;
  auto same = database_->statement(
      "SELECT first_job, jobs FROM inbox_files WHERE folder = ? AND name = ? AND sha256 = ? LIMIT 1");
  same.bind(1, file.folder);
  same.bind(2, file.name);
  same.bind(3, file.sha256);
  if (same.executeStep()) return found(FileOutcome::same_as_before, same);
  return std::nullopt;
}

bool JobStore::knows_file(const DroppedFile& file, bool skip_same) const {
  return guarded(*database_, [&] { return known_file(file, skip_same).has_value(); });
}

std::optional<TakenFile> JobStore::unfinished_file(const std::string& folder, const std::string& name) const {
  return guarded(*database_, [&]() -> std::optional<TakenFile> {
    auto last = database_->statement(
        "SELECT first_job, jobs FROM inbox_files WHERE folder = ? AND name = ? AND EXISTS "
        "(SELECT 1 FROM jobs WHERE id >= first_job AND id < first_job + inbox_files.jobs "
        "AND state NOT IN ('done', 'failed', 'cancelled')) ORDER BY first_job DESC LIMIT 1");
    last.bind(1, folder);
    last.bind(2, name);
    if (last.executeStep()) return found(FileOutcome::added_before, last);
    return std::nullopt;
  });
}

TakenFile JobStore::take_file(const DroppedFile& file, bool skip_same, Micros now) {
  if (const auto known = known_file(file, skip_same)) return *known;
  if (file.jobs.empty()) return {FileOutcome::refused, 0, 0, "it gives no jobs"};
  TakenFile taken;
  database_->sql().exec("SAVEPOINT file");
  try {
    const std::vector<JobId> ids = insert(file.jobs, now);
    taken.first_job = ids.front();
    taken.jobs = static_cast<std::int64_t>(ids.size());
  } catch (const Error& error) {
    database_->sql().exec("ROLLBACK TO file; RELEASE file");
    return {FileOutcome::refused, 0, 0, error.message()};
  }
  auto insert = database_->statement("INSERT INTO inbox_files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, file.claim);
  insert.bind(2, file.folder);
  insert.bind(3, file.name);
  insert.bind(4, file.sha256);
  insert.bind(5, file.bytes);
  insert.bind(6, file.modified_ns);
  insert.bind(7, now);
  insert.bind(8, taken.first_job);
  insert.bind(9, taken.jobs);
  insert.exec();
  database_->sql().exec("RELEASE file");
  return taken;
}

std::vector<TakenFile> JobStore::take_files(std::span<const DroppedFile> files, bool skip_same, Micros now) {
  std::vector<TakenFile> taken;
  guarded(*database_, [&] {
    Transaction transaction(*database_, "take-files");
    for (const DroppedFile& file : files) taken.push_back(take_file(file, skip_same, now));
    transaction.commit();
  });
  notify_change(file());
  return taken;
}

}  // namespace turbodiff::store
