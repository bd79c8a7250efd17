#include "plan/plan_result.h"
#include "plan/planner.h"
#include "sched/exhaustive_plan.h"
#include "sched/random_plans.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using plan::Plan;
using plan::PlanJob;
using spec::When;

namespace {

constexpr tariff::Seconds plan_start = 1'790'000'000;

PlanJob make_job(const std::string& id, std::int64_t seconds) {
  PlanJob job;
  job.id = id;
  job.seconds = seconds;
  job.milliwatts = 100'000;
  return job;
}

tariff::Segment segment(tariff::Seconds begin, tariff::Seconds end, std::optional<std::int64_t> price) {
  tariff::Segment result;
  result.start = plan_start + begin;
  result.end = plan_start + end;
  if (price) result.price = tariff::Price{*price, *price, 0, 0};
  result.off_peak = true;
  return result;
}

PlanCase one_hour(std::vector<PlanJob> jobs, std::int64_t price = 200'000'000) {
  PlanCase input;
  input.request.now = plan_start;
  input.request.horizon_s = 3600;
  input.request.jobs = std::move(jobs);
  input.curve = tariff::PriceCurve({segment(0, 3600, price)});
  return input;
}

Plan plan_of(const PlanCase& input) {
  return plan::make_plan(input.request, input.curve);
}

/// Few and many: the same rules hold for the exact search and beyond it.
std::vector<PlanJob> with_fillers(std::vector<PlanJob> jobs, int fillers) {
  for (int i = 0; i < fillers; ++i) jobs.push_back(make_job("filler" + std::to_string(i), 10));
  return jobs;
}

const plan::PlannedJob* find(const Plan& plan, const std::string& id) {
  for (const auto& job : plan.jobs)
    if (job.id == id) return &job;
  return nullptr;
}

const plan::UnplacedJob* find_unplaced(const Plan& plan, const std::string& id) {
  for (const auto& job : plan.unplaced)
    if (job.id == id) return &job;
  return nullptr;
}

}  // namespace

TEST_CASE("nothing to plan") {
  const Plan plan = plan_of(one_hour({}));
  CHECK(plan.exact);
  CHECK(plan.jobs.empty());
  CHECK(plan.total_cost.gross == core::Money{});
  PlanCase no_time = one_hour({make_job("a", 10)});
  no_time.request.horizon_s = 0;
  CHECK(plan_of(no_time).unplaced.size() == 1);
  no_time.request.jobs = with_fillers({}, 12);
  CHECK(plan_of(no_time).unplaced.size() == 12);
}

TEST_CASE("jobs without a place are left out with a reason, among few and among many") {
  for (const int fillers : {0, 7, 8, 30}) {
    CAPTURE(fillers);
    PlanJob long_job = make_job("long", 3601), late = make_job("late", 60), after_late = make_job("x", 60),
            circle_a = make_job("p", 60), circle_b = make_job("q", 60), unknown = make_job("u", 60);
    late.deadline = plan_start - 5;
    after_late.after = {"late"};
    circle_a.after = {"q"};
    circle_b.after = {"p"};
    unknown.after = {"nobody"};
    const PlanCase input =
        one_hour(with_fillers({long_job, late, after_late, circle_a, circle_b, unknown}, fillers));
    const Plan plan = plan_of(input);
    CHECK(fault_in(input.request, input.curve, plan) == "");
    CHECK(plan.jobs.size() == static_cast<std::size_t>(fillers));
    for (const char* id : {"long", "late", "x", "p", "q", "u"}) {
      REQUIRE(find_unplaced(plan, id) != nullptr);
      CHECK(find_unplaced(plan, id)->reason != "");
    }
    CHECK(find_unplaced(plan, "p")->reason.find("circular") != std::string::npos);
  }
}

TEST_CASE("a job of no seconds is refused") {
  CHECK_THROWS_AS(plan_of(one_hour({make_job("a", 0)})), Error);
  CHECK_THROWS_AS(plan_of(one_hour({make_job("a", -1)})), Error);
  CHECK_THROWS_AS(plan_of(one_hour({make_job("a", 1), make_job("a", 1)})), Error);
}

TEST_CASE("a job fills the horizon to its last second, and none goes into a gap without a price") {
  for (const int fillers : {0, 20}) {
    PlanCase input = one_hour(with_fillers({make_job("whole", 1800)}, fillers));
    input.curve = tariff::PriceCurve(
        {segment(0, 600, 100), segment(600, 1800, std::nullopt), segment(1800, 3600, 200'000'000)});
    const Plan plan = plan_of(input);
    CHECK(fault_in(input.request, input.curve, plan) == "");
    REQUIRE(find(plan, "whole") != nullptr);
    CHECK(find(plan, "whole")->start == plan_start + 1800);
    CHECK(plan.jobs.size() == static_cast<std::size_t>(fillers + 1));
  }
}

TEST_CASE("prices below zero are sought, and the bound stays below") {
  for (const int fillers : {0, 20}) {
    PlanCase input = one_hour(with_fillers({make_job("a", 300)}, fillers));
    input.curve = tariff::PriceCurve(
        {segment(0, 1200, 100'000'000), segment(1200, 1500, -100'000'000), segment(1500, 3600, 100'000'000)});
    const Plan plan = plan_of(input);
    CHECK(fault_in(input.request, input.curve, plan) == "");
    CHECK(plan.total_cost.gross.micro() < 0 + (fillers > 0 ? 1'000'000 : 0));
    CHECK(plan.lower_bound <= plan.total_cost.gross);
    CHECK(plan.total_cost.gross <= plan.asap_cost);
    if (fillers == 0) CHECK(find(plan, "a")->start == plan_start + 1200);
  }
}

TEST_CASE("now jobs start at once by priority, then input order, whatever comes besides") {
  for (const int fillers : {0, 30}) {
    PlanJob first = make_job("first", 100), second = make_job("second", 100),
            urgent = make_job("urgent", 100), follows = make_job("follows", 50);
    for (PlanJob* job : {&first, &second, &urgent, &follows}) job->when = When::now;
    urgent.priority = 5;
    follows.priority = 9;
    follows.after = {"second"};
    const PlanCase input = one_hour(with_fillers({first, second, urgent, follows}, fillers));
    const Plan plan = plan_of(input);
    CHECK(fault_in(input.request, input.curve, plan) == "");
    CHECK(find(plan, "urgent")->start == plan_start);
    CHECK(find(plan, "first")->start == plan_start + 100);
    CHECK(find(plan, "second")->start == plan_start + 200);
    CHECK(find(plan, "follows")->start == plan_start + 300);
  }
}

TEST_CASE("a setup is spent by a worker's first job and after another group") {
  for (const int fillers : {0, 9}) {
    std::vector<PlanJob> jobs;
    for (const char* id : {"a", "b", "c"}) {
      jobs.push_back(make_job(id, 100));
      jobs.back().group = "g";
      jobs.back().setup_seconds = 30;
    }
    jobs.push_back(make_job("alone", 100));
    jobs.back().setup_seconds = 20;
    const PlanCase input = one_hour(with_fillers(jobs, fillers));
    const Plan plan = plan_of(input);
    CHECK(fault_in(input.request, input.curve, plan) == "");
    int setups = 0;
    for (const char* id : {"a", "b", "c"}) setups += find(plan, id)->setup;
    CHECK(setups == 1);
    CHECK(find(plan, "alone")->end - find(plan, "alone")->start == 120);
  }
}

TEST_CASE("the cost at once is that of the same jobs, each as early as it can") {
  Dice dice(20260707);
  int compared = 0;
  for (int round = 0; compared < 400; ++round) {
    PlanCase input = random_small_case(dice, static_cast<int>(dice.between(2, 5)),
                                       static_cast<int>(dice.between(1, 2)), dice.between(12, 30));
    const Plan plan = plan_of(input);
    PlanCase at_once = input;
    std::erase_if(at_once.request.jobs, [&](const PlanJob& job) { return find(plan, job.id) == nullptr; });
    for (PlanJob& job : at_once.request.jobs) job.when = When::now;
    const TriedPlan expected = exhaustive_plan(at_once.request, at_once.curve);
    bool all = true;
    for (const TriedPlace& place : expected.places) all = all && place.worker >= 0;
    if (!all) continue;  // a deadline that is then given up
    ++compared;
    __int128 cost = 0;
    for (std::size_t i = 0; i < expected.places.size(); ++i)
      for (auto t = expected.places[i].start; t < expected.places[i].end; ++t)
        cost += static_cast<__int128>(at_once.curve.at(input.request.now + t)->price->gross) *
                at_once.request.jobs[i].milliwatts;
    CHECK(plan.asap_cost == plan::money_of(cost));
  }
}

TEST_CASE("a job without a place is late once no price to come can help it") {
  const auto late = [](std::vector<PlanJob> jobs, tariff::Seconds priced_until) {
    PlanCase input = one_hour(std::move(jobs));
    input.curve = tariff::PriceCurve({segment(0, priced_until, 200'000'000)});
    const Plan plan = plan_of(input);
    REQUIRE(find_unplaced(plan, "a") != nullptr);
    return find_unplaced(plan, "a")->late;
  };
  PlanJob job = make_job("a", 2000);
  job.deadline = plan_start + 3000;
  CHECK_FALSE(late({job}, 1800));
  job.deadline = plan_start + 1500;
  CHECK(late({job}, 1800));
  job.deadline.reset();
  CHECK_FALSE(late({job}, 1800));
  job.deadline = plan_start + 3000;
  PlanJob other = make_job("b", 1500);
  other.priority = 1;
  other.when = When::now;
  CHECK(late({job, other}, 3600));
  CHECK_FALSE(late({job, other}, 2900));
  job.deadline = plan_start + 7200;  // beyond the plan
  other.seconds = 2000;
  CHECK_FALSE(late({job, other}, 3600));
}
