// The input and the output of a planner.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/units.h"
#include "energy/cost.h"
#include "spec/when.h"
#include "tariff/price_curve.h"

namespace turbodiff::plan {

using spec::When;
using tariff::Seconds;

enum class Objective { cost, carbon };

struct PlanJob {
  std::string id;
  std::int64_t seconds = 0;     ///< of work, at least 1
  std::int64_t milliwatts = 0;  ///< during all its time, including setup
  std::optional<Seconds> earliest;
  std::optional<Seconds> deadline;  ///< its end is at or before
  std::int64_t priority = 0;        ///< jobs with a higher priority come first
  When when = When::cheapest;
  std::vector<std::string> after;  ///< ids of jobs that must end before it starts
  std::string group;               ///< jobs of one group save the setup when they run one after another
  std::int64_t setup_seconds = 0;
  /// Its start in an earlier plan, if any: with many jobs this order is kept unless a new plan is clearly
  /// cheaper.
  std::optional<Seconds> planned;
};

struct PlanRequest {
  std::vector<PlanJob> jobs;
  Seconds now = 0;
  std::int64_t horizon_s = 7 * 86400;
  int workers = 1;
  Objective objective = Objective::cost;
  std::optional<std::int64_t> idle_milliwatts;       ///< of the machine while no job runs
  std::optional<std::int64_t> wake_milliwatt_hours;  ///< to switch off and wake again
  /// Formats an instant in a reason; RFC 3339 in UTC when empty.
  std::function<std::string(Seconds)> label;
};

struct PlannedJob {
  std::size_t job = 0;  ///< index into PlanRequest::jobs
  std::string id;
  int worker = 0;  ///< from 0
  Seconds start = 0;
  Seconds end = 0;
  bool setup = false;  ///< whether its setup is spent
  std::int64_t milliwatt_seconds = 0;
  energy::Cost cost;  ///< rounded once
};

struct UnplacedJob {
  std::size_t job = 0;
  std::string id;
  std::string reason;
  bool late = false;  ///< it can no longer end by its deadline, whatever prices are still to be published
  std::optional<Seconds> deadline = {};
};

/// The energy of the machine while no job runs, until the last end.
struct IdleUse {
  std::int64_t milliwatt_seconds = 0;
  core::Money cost;
  int wakes = 0;  ///< number of times it is cheaper to switch off and wake up again
};

struct Plan {
  std::vector<PlannedJob> jobs;       ///< by start, then worker
  std::vector<UnplacedJob> unplaced;  ///< in input order
  /// Sums are exact and then rounded once, so they may differ from the sum of rounded parts in the last
  /// digit.
  energy::Cost total_cost;
  __int128 total_milliwatt_seconds = 0;
  core::Money asap_cost;
  /// No plan that places the same jobs costs less. Equal to total_cost when `exact`.
  core::Money lower_bound;
  Objective objective = Objective::cost;
  /// For objective carbon: milligrams of the plan and of the bound; then lower_bound is the cost of the plan.
  std::optional<std::int64_t> milligram_co2;
  std::optional<std::int64_t> milligram_lower_bound;
  bool exact = false;  ///< proven optimal, including ties
  std::optional<IdleUse> idle;
};

}  // namespace turbodiff::plan
