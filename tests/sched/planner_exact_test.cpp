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

std::string describe(const PlanCase& input) {
  std::string text = fmt::format("now {} horizon {} workers {}\n", input.request.now, input.request.horizon_s,
                                 input.request.workers);
  for (const tariff::Segment& s : input.curve.segments())
    text +=
        fmt::format("  [{}, {}) {} {}\n", s.start - input.request.now, s.end - input.request.now,
                    s.price ? std::to_string(s.price->gross / 100'000'000) : "null", s.off_peak ? "off" : "");
  for (const PlanJob& job : input.request.jobs) {
    text +=
        fmt::format("  {} {} s {} mW prio {} when {} group '{}' setup {}", job.id, job.seconds,
                    job.milliwatts, job.priority, static_cast<int>(job.when), job.group, job.setup_seconds);
    if (job.earliest) text += fmt::format(" earliest {}", *job.earliest - input.request.now);
    if (job.deadline) text += fmt::format(" deadline {}", *job.deadline - input.request.now);
    for (const std::string& id : job.after) text += " after " + id;
    text += "\n";
  }
  return text;
}

std::string places_of(const TriedPlan& plan) {
  std::string text;
  for (const TriedPlace& p : plan.places) text += fmt::format("{}:{}-{} ", p.worker, p.start, p.end);
  return text;
}

TriedPlan tried(const PlanCase& input, const Plan& plan, std::int64_t factor = 1) {
  TriedPlan result;
  result.places.resize(input.request.jobs.size());
  for (const plan::PlannedJob& job : plan.jobs)
    result.places[job.job] = {job.worker, (job.start - input.request.now) / factor,
                              (job.end - input.request.now) / factor};
  return result;
}

struct Kinds {
  int total = 0, greedy_worse = 0;
  std::map<std::string, int> with;

  void count(const PlanCase& input) {
    ++total;
    std::map<std::string, bool> has;
    for (const tariff::Segment& s : input.curve.segments()) {
      has["no price"] |= !s.price;
      has["negative price"] |= s.price && s.price->gross < 0;
    }
    has["priority"] = false;
    for (const PlanJob& job : input.request.jobs) {
      has["deadline"] |= job.deadline.has_value();
      has["earliest"] |= job.earliest.has_value();
      has["after"] |= !job.after.empty();
      has["setup in a group"] |= !job.group.empty() && job.setup_seconds > 0;
      has["off-peak"] |= job.when == When::off_peak;
      has["now"] |= job.when == When::now;
      has["priority"] |= job.priority != input.request.jobs[0].priority;
    }
    for (const auto& [name, there] : has) with[name] += there;
  }
};

void compare(const PlanCase& input, Kinds& kinds, std::int64_t factor = 1) {
  kinds.count(input);
  const TriedPlan expected = exhaustive_plan(input.request, input.curve);
  const PlanCase given = factor == 1 ? input : scaled(input, factor);
  const Plan plan = plan::make_plan(given.request, given.curve);
  CHECK(plan.exact);
  CHECK(plan.lower_bound == plan.total_cost.gross);
  if (factor == 1) CHECK_MESSAGE(fault_in(input.request, input.curve, plan) == "", describe(input));
  const std::string own = places_of(tried(given, plan, factor));
  if (own != places_of(expected))
    FAIL_CHECK(describe(input) << "best    " << places_of(expected) << "\nplanned " << own);
  const auto greedy = greedy_by_price(input.request, input.curve);
  int placed = 0, greedy_placed = 0;
  for (const TriedPlace& p : expected.places) placed += p.worker >= 0;
  for (const TriedPlace& p : greedy->places) greedy_placed += p.worker >= 0;
  kinds.greedy_worse += greedy_placed < placed || greedy->cost > expected.cost;
}

void report(const char* what, const Kinds& kinds, int least_greedy_worse = 30) {
  std::string text = fmt::format("{}: {} cases, greedy by price misses the best in {} %;", what, kinds.total,
                                 100 * kinds.greedy_worse / kinds.total);
  for (const auto& [name, count] : kinds.with) {
    text += fmt::format(" {} {} %", name, 100 * count / kinds.total);
    CHECK_MESSAGE(100 * count / kinds.total >= 30, name);
  }
  MESSAGE(text);
  CHECK(100 * kinds.greedy_worse / kinds.total >= least_greedy_worse);
}

}  // namespace

TEST_CASE("small plans equal the best of all plans, second by second") {
  Dice dice(20260101);
  Kinds kinds;
  for (int round = 0; round < 9000; ++round) {
    const int jobs = static_cast<int>(dice.between(2, 4));
    const int workers = static_cast<int>(dice.between(1, 2));
    const std::int64_t horizon = jobs == 2 ? dice.between(20, 60) : dice.between(10, jobs == 3 ? 30 : 18);
    compare(random_small_case(dice, jobs, workers, horizon), kinds);
  }
  report("2 to 4 jobs", kinds);
}

TEST_CASE("plans of 5 to 7 jobs equal the best of all plans, second by second") {
  Dice dice(20260202);
  Kinds kinds;
  for (int round = 0; round < 1500; ++round) {
    const int jobs = static_cast<int>(round % 10 < 7 ? 5 : round % 10 < 9 ? 6 : 7);
    const int workers = static_cast<int>(jobs > 5 ? 1 : dice.between(1, 2));
    compare(random_small_case(dice, jobs, workers, dice.between(8, 11)), kinds);
  }
  report("5 to 7 jobs", kinds);
}

TEST_CASE("a plan does not depend on the length of a unit of time") {
  Dice dice(20260303);
  Kinds kinds;
  for (int round = 0; round < 1500; ++round) {
    const int jobs = static_cast<int>(dice.between(2, 4));
    compare(random_small_case(dice, jobs, static_cast<int>(dice.between(1, 3)), dice.between(8, 14)), kinds,
            900);
  }
  report("in quarter hours", kinds, 20);
}
