// The queue's state that matters for switching the machine off.
#pragma once

#include "power/shutdown_policy.h"
#include "queue/queue_plan.h"

namespace turbodiff::runner {

/// `plan` is the current one. Jobs of a paused queue wait for an unknown time; so do those that cannot be
/// placed, unless they depend on a job that failed or is held, or their deadline has passed.
power::QueueFacts queue_facts(const store::JobStore& store, const queue::QueuePlan& plan, bool paused,
                              tariff::Seconds now);

}  // namespace turbodiff::runner
