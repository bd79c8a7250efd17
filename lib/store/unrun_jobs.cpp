// Jobs that end without having run: their deadline has passed, or what they come after will not be done.
#include <fmt/format.h>

#include "store/change_notifier.h"
#include "store/database.h"
#include "store/job_store.h"

namespace turbodiff::store {

/// It ends without having run. A held job fails as well: releasing it would not help. That its owner held it
/// is kept for retry(); one that was set aside goes again then, as when it is retried by itself.
void JobStore::fail_unrun(JobId id, int code, const std::string& reason, Micros now) {
  auto update = database_->statement(
      "UPDATE jobs "
      "SET state = 'failed', was_held = (state = 'held' AND failures <= retries), finished_at = ?, "
      "not_before = NULL, error_code = ?, error = ? WHERE id = ?");
  update.bind(1, now);
  update.bind(2, code);
  update.bind(3, reason);
  update.bind(4, id);
  update.exec();
  add_event(id, now, "failed", reason);
}

/// Fails what comes after a job that will not be done, near and far. Returns which.
std::vector<JobId> JobStore::fail_dependents(Micros now) {
  std::vector<JobId> failed;
  while (true) {
    std::vector<std::pair<JobId, std::string>> next;
    {
      auto find = database_->statement(
          "SELECT d.job_id, d.after_id, b.state FROM dependencies d JOIN jobs j ON j.id = d.job_id "
          "JOIN jobs b ON b.id = d.after_id "
          "WHERE j.state IN ('queued', 'held') AND j.removed = 0 AND b.state IN ('failed', 'cancelled') "
          "GROUP BY d.job_id");
      while (find.executeStep())
        next.emplace_back(
            find.getColumn(0).getInt64(),
            fmt::format("it comes after job {}, which {}; 'turbodiff-sched retry {}' queues both "
                        "again",
                        find.getColumn(1).getInt64(),
                        find.getColumn(2).getString() == "failed" ? "has failed" : "was cancelled",
                        find.getColumn(1).getInt64()));
    }
    if (next.empty()) return failed;
    for (const auto& [id, reason] : next) {
      fail_unrun(id, error_of_another, reason, now);
      insert_notice({0, fmt::format("failed-unrun:{}:{}", id, now), NoticeKind::failed, now, id,
                     job(id).spec.prompt, reason});
      failed.push_back(id);
    }
  }
}

std::vector<JobId> JobStore::fail_overdue(Micros now) {
  const std::vector<JobId> all = guarded(*database_, [&] {
    std::vector<JobId> failed;
    const auto overdue = [&] {
      std::vector<JobId> ids;
      auto find = database_->statement("SELECT id FROM jobs WHERE state = 'queued' AND deadline <= ?");
      find.bind(1, now / 1'000'000);
      while (find.executeStep()) ids.push_back(find.getColumn(0).getInt64());
      return ids;
    };
    const auto any_hopeless = [&] {
      auto find = database_->statement(
          "SELECT 1 FROM dependencies d JOIN jobs j ON j.id = d.job_id JOIN jobs b ON b.id = d.after_id "
          "WHERE j.state IN ('queued', 'held') AND j.removed = 0 AND b.state IN ('failed', 'cancelled') "
          "LIMIT 1");
      return find.executeStep();
    };
    if (overdue().empty() && !any_hopeless()) return failed;
    Transaction transaction(*database_, "overdue");
    failed = overdue();
    for (const JobId id : failed) {
      const JobSpec spec = job(id).spec;
      const std::string reason = "its deadline passed before it could run";
      fail_unrun(id, error_of_deadline, reason, now);
      insert_notice({0, key_of_deadline(id, spec.deadline.value_or(0)), NoticeKind::deadline, now, id,
                     spec.prompt, reason});
    }
    const std::vector<JobId> others = fail_dependents(now);
    failed.insert(failed.end(), others.begin(), others.end());
    transaction.commit();
    return failed;
  });
  if (!all.empty()) notify_change(file());
  return all;
}

}  // namespace turbodiff::store
