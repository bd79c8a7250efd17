#include "plan/heuristic.h"

#include "plan/plan_json.h"
#include "plan/plan_result.h"
#include "plan/planner.h"
#include "sched/exhaustive_plan.h"
#include "sched/random_plans.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using plan::Plan;

namespace {

std::vector<plan::Placement> places_of(const PlanCase& input, const TriedPlan& plan) {
  std::vector<plan::Placement> places;
  for (const TriedPlace& place : plan.places)
    places.push_back(place.worker < 0 ? plan::Placement{} : plan::Placement{place.worker, place.start});
  return places;
}

/// Which jobs a plan has, so that costs can be compared.
std::vector<bool> set_of(const std::vector<plan::Placement>& places) {
  std::vector<bool> set;
  for (const plan::Placement& place : places) set.push_back(place.placed());
  return set;
}

bool has_now(const PlanCase& input) {
  for (const plan::PlanJob& job : input.request.jobs)
    if (job.when == spec::When::now) return true;
  return false;
}

}  // namespace

TEST_CASE("the heuristic keeps every constraint, and its bound is never above the best plan") {
  Dice dice(20260404);
  int compared = 0, best = 0, cases = 0;
  double looseness = 0;
  for (int round = 0; cases < 2000; ++round) {
    const int jobs = static_cast<int>(dice.between(2, 4));
    const PlanCase input =
        random_small_case(dice, jobs, static_cast<int>(dice.between(1, 2)), dice.between(10, 24));
    if (has_now(input)) continue;  // placed before the heuristic is asked
    ++cases;
    const plan::Problem problem = plan::make_problem(input.request, input.curve);
    std::vector<int> movable;
    for (std::size_t i = 0; i < problem.tasks.size(); ++i)
      if (!problem.tasks[i].blocked) movable.push_back(static_cast<int>(i));
    const std::vector<plan::Placement> fixed(problem.tasks.size());
    const plan::HeuristicResult result = plan::plan_heuristically(problem, movable, fixed);
    const Plan plan = plan::make_result(input.request, input.curve, problem, result.placements);
    Plan whole = plan;
    for (std::size_t i = 0; i < problem.tasks.size(); ++i)
      if (!result.placements[i].placed()) whole.unplaced.push_back({i, input.request.jobs[i].id, "-"});
    REQUIRE(fault_in(input.request, input.curve, whole) == "");
    const TriedPlan expected = exhaustive_plan(input.request, input.curve);
    if (set_of(places_of(input, expected)) != set_of(result.placements)) continue;
    ++compared;
    CHECK(result.lower_bound <= expected.cost);
    if (cases % 3 == 0) {
      // Steps long enough to be cut, with the same best plan.
      const std::int64_t factor = 1000;
      const PlanCase longer = scaled(input, factor);
      const plan::Problem large = plan::make_problem(longer.request, longer.curve);
      const plan::HeuristicResult again = plan::plan_heuristically(large, movable, fixed);
      if (set_of(again.placements) == set_of(result.placements))
        CHECK(again.lower_bound <= expected.cost * factor);
    }
    best += plan::total_objective(problem, result.placements) == expected.cost;
    if (expected.cost > 0)
      looseness += 1 - static_cast<double>(result.lower_bound) / static_cast<double>(expected.cost);
  }
  MESSAGE(fmt::format(
      "{} cases, {} with the jobs of the best plan, {} % of them as cheap; bound {:.1f} % below it", cases,
      compared, 100 * best / compared, 100 * looseness / compared));
  CHECK(compared > cases / 2);
}

TEST_CASE("large plans keep every constraint, come out the same again, and say how good they are") {
  Dice dice(7);
  for (const int workers : {1, 2}) {
    const PlanCase input = random_queue(dice, {.jobs = 300, .workers = workers, .load_percent = 80});
    const Plan plan = plan::make_plan(input.request, input.curve);
    CHECK_FALSE(plan.exact);
    CHECK(fault_in(input.request, input.curve, plan) == "");
    CHECK(plan.jobs.size() + plan.unplaced.size() == 300);
    CHECK(plan.jobs.size() >= 297);
    CHECK(plan.lower_bound <= plan.total_cost.gross);
    CHECK(static_cast<double>(plan.lower_bound.micro()) >
          0.95 * static_cast<double>(plan.total_cost.gross.micro()));
    CHECK(plan.total_cost.gross <= plan.asap_cost);
    const Plan again = plan::make_plan(input.request, input.curve);
    CHECK(plan::plan_json(plan, "EUR") == plan::plan_json(again, "EUR"));
  }
}

TEST_CASE("what does not fit is left out by priority, with a reason") {
  PlanCase input;
  input.request.now = 1'790'000'000;
  input.request.horizon_s = 3600;
  input.curve = tariff::PriceCurve({{input.request.now, input.request.now + 3600, "low",
                                     tariff::Price{1000, 1000, 0, 0}, true, false, std::nullopt}});
  for (int i = 0; i < 20; ++i) {
    plan::PlanJob job;
    job.id = std::to_string(i);
    job.seconds = 300;
    job.milliwatts = 100'000;
    job.priority = i % 2;
    input.request.jobs.push_back(job);
  }
  const Plan plan = plan::make_plan(input.request, input.curve);
  CHECK(plan.jobs.size() == 12);
  int high = 0;
  for (const plan::PlannedJob& job : plan.jobs) high += input.request.jobs[job.job].priority == 1;
  CHECK(high == 10);
  for (const plan::UnplacedJob& job : plan.unplaced) CHECK(job.reason != "");
}

TEST_CASE("jobs that wait for each other in a circle have no place among many") {
  Dice dice(3);
  PlanCase input = random_queue(dice, {.jobs = 20, .quarters = 96, .load_percent = 50});
  input.request.jobs[3].after = {"j4"};
  input.request.jobs[4].after = {"j3"};
  input.request.jobs[5].after = {"j4"};
  const Plan plan = plan::make_plan(input.request, input.curve);
  CHECK(fault_in(input.request, input.curve, plan) == "");
  CHECK(plan.unplaced.size() >= 3);
}
