// The queue as far as it matters for switching the machine off.
#pragma once

#include "power/shutdown_policy.h"
#include "sched/queue_plan.h"

namespace turbodiff::sched {

/// `plan` is that of now. Jobs of a paused queue wait for a time that nobody knows; so do those without a
/// place in the plan, unless they wait for a job that failed or is held, or their deadline has passed.
power::QueueFacts queue_facts(const store::JobStore& store, const QueuePlan& plan, bool paused, Seconds now);

}  // namespace turbodiff::sched
