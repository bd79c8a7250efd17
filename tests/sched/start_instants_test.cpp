// The instants at which jobs of the best plan can start, against the set that their definition gives.
#include <set>

#include "plan/after_branching.h"
#include "sched/random_plans.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using plan::Time;

namespace {

struct Case {
  plan::SearchProblem problem;
  std::vector<plan::Bounds> bounds;
  std::vector<Time> edges;
};

Case random_case(Dice& dice) {
  Case result;
  result.problem.horizon = dice.between(20, 300);
  for (auto count = dice.between(0, 4); count > 0; --count) result.edges.push_back(dice.between(-9, 320));
  for (auto count = dice.between(1, 3); count > 0; --count) {
    plan::SearchJob job;
    job.warm = dice.between(1, 90);
    job.cold = job.warm + (dice.chance(50) ? dice.between(1, 20) : 0);
    if (dice.chance(40)) {
      job.fixed_worker = static_cast<int>(dice.between(0, 1));
      job.fixed_start = dice.between(0, result.problem.horizon);
    }
    result.problem.jobs.push_back(job);
    result.bounds.push_back({dice.between(0, 50), result.problem.horizon - dice.between(0, 9)});
  }
  return result;
}

/// Edges, bounds and fixed jobs, and every job's duration added or subtracted at most once.
std::set<Time> instants_of(const Case& input) {
  const Time horizon = input.problem.horizon;
  std::set<Time> all = {0, horizon};
  const auto add = [&](Time t) {
    if (t >= 0 && t <= horizon) all.insert(t);
  };
  for (const Time edge : input.edges) add(edge);
  for (const plan::Bounds& bound : input.bounds) {
    add(bound.earliest);
    add(bound.latest_end);
  }
  for (const plan::SearchJob& job : input.problem.jobs)
    if (job.fixed_worker >= 0)
      for (const Time duration : {Time{0}, job.cold, job.warm}) add(job.fixed_start + duration);
  for (const plan::SearchJob& job : input.problem.jobs) {
    const std::set<Time> before = all;
    for (const Time t : before)
      for (const Time duration : {job.cold, job.warm, -job.cold, -job.warm}) all.insert(t + duration);
  }
  return all;
}

}  // namespace

TEST_CASE("the instants of starts are the sums of durations from edges, bounds and fixed jobs") {
  Dice dice(20260805);
  for (int round = 0; round < 300; ++round) {
    const Case input = random_case(dice);
    const std::set<Time> expected = instants_of(input);
    const plan::StartInstants instants(input.problem, input.bounds, input.edges);
    for (Time t = 0; t <= input.problem.horizon; ++t) {
      REQUIRE(instants.at_or_after(t) == *expected.lower_bound(t));
      const auto next = expected.lower_bound(t);
      const Time before = next == expected.begin() ? -1 : *std::prev(next);
      REQUIRE(instants.before(t) == std::max<Time>(before, -1));
    }
  }
}

TEST_CASE("where the instants would be too many every second is one") {
  Case input;
  input.problem.horizon = Time{1} << 27;
  input.problem.jobs.resize(1);
  input.problem.jobs[0].cold = input.problem.jobs[0].warm = 7;
  const plan::StartInstants instants(input.problem, {{3, 1000}}, {});
  CHECK(instants.at_or_after(12'345) == 12'345);
  CHECK(instants.before(12'345) == 12'344);
  CHECK(instants.before(0) == -1);
}
