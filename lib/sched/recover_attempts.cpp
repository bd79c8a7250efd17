// What runners before have left behind.
#include <fmt/format.h>

#include "core/error.h"
#include "sched/job_runner.h"
#include "store/publish.h"

namespace turbodiff::sched {

void JobRunner::recover() {
  std::error_code ignored;
  std::filesystem::remove_all(store_.folder("previews"), ignored);
  for (const auto& left : store_.abandoned(epoch_)) {
    const store::Attempt& attempt = left.attempt;
    if (!store::kill_group(left.worker, 10))
      throw Error::work_failed(
          fmt::format("the engine of an earlier run (process {}) does not end", left.worker.pid),
          "end it and start again");
    const store::Job job = store_.job(attempt.job);
    const auto [bill, prices] = billing_.of_abandoned(attempt, job);
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

}  // namespace turbodiff::sched
