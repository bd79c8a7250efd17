// Random planning problems, small enough to try every second or as large as a real queue.
#pragma once

#include <random>

#include "sched/plan.h"
#include "tariff/price_curve.h"

namespace turbodiff::testing {

/// Differs from std::uniform_int_distribution in that it gives the same numbers everywhere.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool chance(int percent) { return between(0, 99) < percent; }

 private:
  std::mt19937_64 engine_;
};

struct PlanCase {
  sched::PlanRequest request;
  tariff::PriceCurve curve;
};

/// `jobs` jobs in `horizon` seconds; every kind of constraint in about half of the cases.
PlanCase random_small_case(Dice& dice, int jobs, int workers, std::int64_t horizon);

/// The same with every duration and instant `factor` times as long.
PlanCase scaled(PlanCase input, std::int64_t factor);

/// A quarter-hourly day-ahead series with two valleys a day; half of the jobs with deadlines, 30 % in groups
/// with a setup, the work `load_percent` of the off-peak time.
PlanCase random_queue(Dice& dice, int jobs, int quarters, int workers, int load_percent);

}  // namespace turbodiff::testing
