// Random planning problems, small enough to try every second or as large as a real queue.
#pragma once

#include <random>

#include "plan/plan.h"
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
  plan::PlanRequest request;
  tariff::PriceCurve curve;
};

/// `jobs` jobs in `horizon` seconds; every kind of constraint in about half of the cases.
PlanCase random_small_case(Dice& dice, int jobs, int workers, std::int64_t horizon);

/// The same with every duration and instant `factor` times as long.
PlanCase scaled(PlanCase input, std::int64_t factor);

/// Prices of a large queue's time.
enum class Prices {
  day_ahead,   ///< quarter hours with two valleys a day
  noise,       ///< every quarter hour for itself
  two_rates,   ///< 22:00 to 06:00 cheap
  five_rates,  ///< five levels, 1 to 10
  negatives,   ///< flat, and below zero in one quarter hour of twelve
};

/// How a large queue looks.
struct QueueShape {
  int jobs = 1000;
  int quarters = 192;  ///< quarter hours to plan
  int workers = 1;
  int load_percent = 65;  ///< work by off-peak time of all workers
  Prices prices = Prices::day_ahead;
  int deadline_percent = 50;    ///< jobs that have one
  int first_deadline_part = 3;  ///< deadlines lie from horizon / this on
  int earliest_percent = 0;
  int priorities = 1;      ///< so many different ones
  int chain_percent = 0;   ///< jobs that come after an earlier one
  int group_percent = 30;  ///< jobs of one of five groups, with a setup of a quarter of the mean job
  int off_peak_percent = 50;
};

PlanCase random_queue(Dice& dice, const QueueShape& shape);

}  // namespace turbodiff::testing
