#include "runner/power_facts.h"

#include <fmt/format.h>

#include <set>

namespace turbodiff::runner {

power::QueueFacts queue_facts(const store::JobStore& store, const queue::QueuePlan& plan, bool paused,
                              tariff::Seconds now) {
  power::QueueFacts facts;
  const auto counts = store.count_by_state();
  if (const auto running = counts.find(store::State::running); running != counts.end())
    facts.running = static_cast<int>(running->second);

  std::set<store::JobId> hopeless = plan.blocked;
  if (!plan.plan.unplaced.empty())
    for (const store::WaitingJob& job : store.waiting())
      if (job.deadline && *job.deadline <= now) hopeless.insert(job.id);
  for (const plan::UnplacedJob& job : plan.plan.unplaced) {
    if (hopeless.contains(std::stoll(job.id))) continue;
    if (facts.waiting++ == 0) facts.waiting_why = fmt::format("job {}: {}", job.id, job.reason);
  }
  if (paused && !plan.plan.jobs.empty()) {
    facts.waiting += static_cast<int>(plan.plan.jobs.size());
    facts.waiting_why = "the queue is paused";
  }
  for (const plan::PlannedJob& job : plan.plan.jobs)
    if (!facts.next_start || job.start < *facts.next_start) facts.next_start = job.start;
  if (!facts.next_start) facts.waiting += static_cast<int>(plan.left_out);
  return facts;
}

}  // namespace turbodiff::runner
