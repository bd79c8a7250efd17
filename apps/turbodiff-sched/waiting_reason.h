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

/// What the reasons of all jobs rest on.
struct QueueNow {
  bool paused = false;
  bool is_run = false;  ///< a daemon or a run has the store
  std::optional<store::JobId> running;
  const tariff::Tariff* tariff = nullptr;        ///< may be missing
  tariff::PriceCurve curve;                      ///< of the tariff, from now on
  std::map<store::JobId, store::State> states;   ///< of all that jobs come after
  std::map<store::JobId, std::string> unplaced;  ///< why the plan has no place for a job
};

/// Of a queued or held job; `planned_start` as the plan has it.
WaitingReason waiting_reason(Queue& queue, const QueueNow& facts, const store::Job& job,
                             const std::optional<tariff::Seconds>& planned_start);

}  // namespace turbodiff::app
