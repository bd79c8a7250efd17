// Why a job does not run now.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "queue.h"
#include "tariff/price_curve.h"

namespace turbodiff::app {

struct WaitingReason {
  std::string why;   ///< "waits for off-peak time"
  std::string more;  ///< ", planned for 2026-11-24 22:00", "; 'turbodiff-sched resume' lets it run", or empty

  std::string text() const { return why + more; }
};

/// The state that the reasons of all jobs depend on.
struct QueueNow {
  bool paused = false;
  bool is_run = false;  ///< whether a daemon or a run holds the store
  std::optional<store::JobId> running;
  const tariff::Tariff* tariff = nullptr;        ///< may be null
  tariff::PriceCurve curve;                      ///< of the tariff, from now on
  std::map<store::JobId, store::State> states;   ///< of all jobs that others depend on
  std::map<store::JobId, std::string> unplaced;  ///< why the plan cannot place a job
};

/// The reason for a queued or held job; `planned_start` is that of the plan.
WaitingReason waiting_reason(Queue& queue, const QueueNow& facts, const store::Job& job,
                             const std::optional<tariff::Seconds>& planned_start);

}  // namespace turbodiff::app
