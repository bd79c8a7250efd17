// What runners before have left behind.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "runner/running_attempt.h"
#include "store/publish.h"

namespace turbodiff::runner {
namespace {

/// Whether the attempt finished a step that none of the job's earlier ones has finished. What was finished
/// before does not count again, so that a job whose checkpoint is lost each time cannot go on for ever.
/// Whoever retries a job lets it begin anew: the attempts before are as if they had not been.
bool got_further(const store::JobStore& store, const store::Job& job, const store::Attempt& attempt) {
  std::int64_t before = 0;
  for (const store::Attempt& other : store.attempts(job.id))
    if (other.number > job.forgiven_attempts && other.number < attempt.number)
      before = std::max(before, other.steps);
  return attempt.steps > before;
}

bool others_wait(const store::JobStore& store) {
  const auto counts = store.count_by_state();
  const auto queued = counts.find(store::State::queued);
  return queued != counts.end() && queued->second > 0;
}

}  // namespace

/// It may have gone on after its last note until the next one was due. A worker that is still there has
/// worked until now. What another attempt, or this process's meter, has counted is not counted twice.
store::Micros JobRunner::latest_end(const store::JobStore::Abandoned& left, bool was_alive,
                                    std::optional<store::Micros> next_start) const {
  const store::Attempt& attempt = left.attempt;
  if (attempt.state == store::AttemptState::publishing) return attempt.last_seen;
  const double unseen_s = left.rebooted ? flush_interval_s : alive_interval_s;
  store::Micros end = now();
  if (!was_alive) end = std::min<store::Micros>(end, attempt.last_seen + std::llround(unseen_s * 1e6));
  if (const auto idle_since = billing_.idle_since()) end = std::min(end, *idle_since);
  if (next_start) end = std::min(end, *next_start);
  return end;
}

int JobRunner::recover() {
  std::error_code ignored;
  std::filesystem::remove_all(store_.folder("previews"), ignored);
  int set_aside = 0;
  const std::vector<store::JobStore::Abandoned> all = store_.abandoned(epoch_);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& left = all[i];
    const store::Attempt& attempt = left.attempt;
    const bool was_alive = store::is_alive(left.worker);
    if (!store::kill_group(left.worker, 10))
      throw Error::work_failed(
          fmt::format("the engine of an earlier run (process {}) does not end", left.worker.pid),
          "end it and start again");
    const store::Job job = store_.job(attempt.job);
    const auto next_start = i + 1 < all.size() ? std::optional(all[i + 1].attempt.started_at) : std::nullopt;
    const auto [bill, prices] = billing_.of_abandoned(attempt, job, latest_end(left, was_alive, next_start));
    bool published = attempt.state == store::AttemptState::publishing && job.state == store::State::running;
    try {
      if (published)
        for (const store::Publication& file : left.publications) store::publish(file);
    } catch (const Error& error) {
      log_.warn("job {}: {}", job.id, error.message());
      published = false;
    }
    std::string outcome = "was finished, and is published now";
    if (published) {
      persist([&, &bill = bill, &prices = prices] { store_.finish(epoch_, attempt, bill, prices, now()); });
    } else if (job.state != store::State::running || job.cancel_requested ||
               got_further(store_, job, attempt)) {
      outcome = "was cut off, and is queued again";
      persist([&, &bill = bill, &prices = prices] {
        store_.interrupt(epoch_, attempt, bill, prices, "turbodiff-sched or the machine stopped", now());
      });
    } else {
      const int times = job.failures + 1;
      const bool too_often = times > job.spec.retries;
      store::CutOff how;
      how.hold = too_often;
      // The pause is for others: what has just taken everything down is not the first to run again.
      if (others_wait(store_)) how.retry_at = retry_time(job.failures);
      how.reason = too_often
                       ? fmt::format(
                             "held after {} failure{}: turbodiff-sched or the machine stopped while it ran, "
                             "before it had finished another step; see its log, then release it",
                             times, times == 1 ? "" : "s")
                       : fmt::format(
                             "turbodiff-sched or the machine stopped before another step was finished "
                             "(failure {} of at most {})",
                             times, job.spec.retries);
      outcome = too_often ? how.reason
                          : "was cut off without another step, which counts as a failure; it is queued again";
      if (too_often) ++set_aside;
      persist(
          [&, &bill = bill, &prices = prices] { store_.cut_off(epoch_, attempt, bill, prices, how, now()); });
    }
    store::remove_leftovers(job.spec.output, job.id, attempt.number);
    log_.info("job {}: {}", job.id, outcome);
  }
  return set_aside;
}

}  // namespace turbodiff::runner
