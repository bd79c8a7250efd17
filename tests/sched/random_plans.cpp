#include "sched/random_plans.h"

#include <algorithm>
#include <cmath>

namespace turbodiff::testing {

using plan::PlanJob;
using spec::When;
using tariff::Segment;

PlanCase random_small_case(Dice& dice, int jobs, int workers, std::int64_t horizon) {
  PlanCase result;
  plan::PlanRequest& request = result.request;
  request.now = dice.between(-5, 1000);
  request.horizon_s = horizon;
  request.workers = workers;
  const bool nulls = dice.chance(50), negatives = dice.chance(50), deadlines = dice.chance(60),
             earliest = dice.chance(60), after = dice.chance(65) && jobs > 1, groups = dice.chance(60),
             priorities = dice.chance(50), now = dice.chance(60), off_peak = dice.chance(60);
  std::vector<Segment> segments;
  std::int64_t at = request.now - dice.between(0, 3);
  const std::int64_t stop = request.now + horizon + (dice.chance(80) ? 3 : -dice.between(1, horizon / 3));
  const std::int64_t prices = dice.between(2, 5);
  while (at < stop) {
    Segment segment;
    segment.start = at;
    segment.end = at = std::min(stop, at + dice.between(1, std::max<std::int64_t>(2, horizon / 4)));
    if (!nulls || !dice.chance(20)) {
      const std::int64_t gross = dice.between(negatives ? -2 : 1, prices);
      segment.price = tariff::Price{gross * 100'000'000, gross * 100'000'000, 0, 0};
    }
    segment.off_peak = dice.chance(60);
    segments.push_back(segment);
  }
  result.curve = tariff::PriceCurve(std::move(segments));
  for (int i = 0; i < jobs; ++i) {
    PlanJob job;
    job.id = std::string(1, static_cast<char>('a' + i));
    job.seconds = dice.between(1, std::max<std::int64_t>(2, horizon * workers / jobs / 2));
    job.milliwatts = dice.between(0, 3) * 500'000 + (dice.chance(90) ? 250'000 : 0);
    if (earliest && dice.chance(50)) job.earliest = request.now + dice.between(-2, horizon - 2);
    if (deadlines && dice.chance(50)) job.deadline = request.now + dice.between(horizon / 3, horizon + 2);
    if (priorities) job.priority = dice.between(-1, 1);
    if (groups && dice.chance(70)) job.group = dice.chance(60) ? "g" : "h";
    if (groups && dice.chance(75)) job.setup_seconds = dice.between(1, 3);
    if (now && dice.chance(30)) job.when = When::now;
    if (off_peak && job.when != When::now && dice.chance(50)) job.when = When::off_peak;
    request.jobs.push_back(std::move(job));
  }
  if (after)
    for (int links = static_cast<int>(dice.between(1, jobs)); links > 0; --links) {
      const auto a = static_cast<std::size_t>(dice.between(0, jobs - 1));
      const auto b = static_cast<std::size_t>(dice.between(0, jobs - 1));
      if (a != b && (a < b || dice.chance(30))) request.jobs[b].after.push_back(request.jobs[a].id);
    }
  if (after && dice.chance(4)) request.jobs[0].after.push_back("elsewhere");
  return result;
}

PlanCase scaled(PlanCase input, std::int64_t factor) {
  plan::PlanRequest& request = input.request;
  request.now *= factor;
  request.horizon_s *= factor;
  for (PlanJob& job : request.jobs) {
    job.seconds *= factor;
    job.setup_seconds *= factor;
    if (job.earliest) *job.earliest *= factor;
    if (job.deadline) *job.deadline *= factor;
  }
  std::vector<Segment> segments = input.curve.segments();
  for (Segment& segment : segments) {
    segment.start *= factor;
    segment.end *= factor;
  }
  input.curve = tariff::PriceCurve(std::move(segments));
  return input;
}

namespace {

struct Quarter {
  double price = 0;
  bool off_peak = false;
};

Quarter quarter_of(Dice& dice, Prices prices, double hour) {
  const bool night = hour < 6 || hour >= 22;
  switch (prices) {
    case Prices::day_ahead: {
      const double price = 0.22 + 0.09 * std::cos((hour - 19) / 12 * M_PI) -
                           0.05 * std::cos((hour - 1) / 6 * M_PI) +
                           static_cast<double>(dice.between(-20, 20)) / 1000;
      return {price, price < 0.22};
    }
    case Prices::noise: {
      const double price = static_cast<double>(dice.between(50, 450)) / 1000;
      return {price, price < 0.25};
    }
    case Prices::two_rates:
      return {night ? 0.18 : 0.31, night};
    case Prices::five_rates: {
      constexpr double levels[] = {0.12, 0.12, 0.24, 0.6, 1.11, 0.6, 1.23, 0.6};
      const double price = levels[static_cast<int>(hour / 3)];
      return {price, price < 0.3};
    }
    case Prices::negatives:
      return {dice.chance(8) ? -0.05 : 0.25, night};
  }
  return {};
}

}  // namespace

PlanCase random_queue(Dice& dice, const QueueShape& shape) {
  PlanCase result;
  plan::PlanRequest& request = result.request;
  request.now = 1'790'000'100;
  request.horizon_s = shape.quarters * std::int64_t{900};
  request.workers = shape.workers;
  std::vector<Segment> segments;
  std::int64_t off_peak_s = 0;
  for (int i = 0; i < shape.quarters; ++i) {
    Segment segment;
    segment.start = request.now + i * std::int64_t{900};
    segment.end = segment.start + 900;
    const Quarter quarter = quarter_of(dice, shape.prices, i % 96 / 4.0);
    const auto nano = static_cast<std::int64_t>(std::llround(quarter.price * 1e5)) * 10'000;
    segment.price = tariff::Price{nano, nano, 0, 0};
    segment.off_peak = quarter.off_peak;
    off_peak_s += segment.off_peak ? 900 : 0;
    segments.push_back(segment);
  }
  result.curve = tariff::PriceCurve(std::move(segments));
  const double mean =
      static_cast<double>(off_peak_s) * shape.workers * shape.load_percent / 100.0 / shape.jobs;
  for (int i = 0; i < shape.jobs; ++i) {
    PlanJob job;
    job.id = "j" + std::to_string(i);
    job.seconds = std::max<std::int64_t>(
        1, static_cast<std::int64_t>(mean * static_cast<double>(dice.between(20, 170)) / 100.0));
    job.milliwatts = dice.between(120, 600) * 1000;
    if (dice.chance(shape.deadline_percent))
      job.deadline =
          request.now + dice.between(request.horizon_s / shape.first_deadline_part, request.horizon_s);
    if (dice.chance(shape.group_percent)) {
      job.group = "g" + std::to_string(dice.between(0, 4));
      job.setup_seconds = std::max<std::int64_t>(1, static_cast<std::int64_t>(mean / 4));
    }
    if (dice.chance(shape.off_peak_percent)) job.when = When::off_peak;
    if (dice.chance(shape.earliest_percent))
      job.earliest = request.now + dice.between(0, request.horizon_s / 4);
    job.priority = dice.between(0, shape.priorities - 1);
    if (i > 0 && dice.chance(shape.chain_percent))
      job.after.push_back("j" + std::to_string(dice.between(std::max(0, i - 20), i - 1)));
    request.jobs.push_back(std::move(job));
  }
  return result;
}

}  // namespace turbodiff::testing
