// Sums, windows and starts of a planning problem, against going through every second.
#include "plan/plan_problem.h"

#include "contains.h"
#include "sched/random_plans.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using plan::Cost;
using plan::Problem;
using plan::Span;
using plan::Time;

namespace {

constexpr tariff::Seconds now = 1'790'000'000;

/// Steps of unlike lengths, some of one value; what each second is worth.
std::pair<plan::StepSum, std::vector<std::int64_t>> random_steps(Dice& dice, std::int64_t most) {
  std::pair<plan::StepSum, std::vector<std::int64_t>> result;
  const auto count = dice.between(1, 12);
  for (std::int64_t step = 0; step < count; ++step) {
    const auto value = dice.between(-2, 2) * most, length = dice.chance(30) ? 1 : dice.between(1, 20);
    result.second.insert(result.second.end(), static_cast<std::size_t>(length), value);
    result.first.append(static_cast<Time>(result.second.size()), value);
  }
  return result;
}

std::vector<Span> random_windows(Dice& dice, Time horizon) {
  std::vector<Span> spans;
  for (Time at = dice.between(0, 3); at < horizon; at += dice.between(1, 5)) {
    const Time end = std::min(horizon, at + dice.between(1, 9));
    spans.push_back({at, end});
    at = end;
  }
  return spans;
}

bool is_inside(const std::vector<Span>& spans, Time start, Time end) {
  for (const Span& span : spans)
    if (span.begin <= start && start < span.end && end <= span.end) return true;
  return false;
}

/// One task with random prices and windows.
Problem random_problem(Dice& dice) {
  Problem problem;
  problem.objective = random_steps(dice, 1'000'000).first;
  problem.horizon = problem.objective.edges().back();
  problem.objective.index();
  problem.windows[static_cast<std::size_t>(spec::When::cheapest)] = random_windows(dice, problem.horizon);
  plan::Task task;
  task.seconds = dice.between(1, 8);
  task.milliwatts = dice.between(1, 3);
  task.earliest = dice.between(0, 5);
  task.latest_end = problem.horizon - dice.between(0, 5);
  problem.tasks.push_back(task);
  return problem;
}

bool may_start(const Problem& problem, Time start, Time length) {
  const plan::Task& task = problem.tasks[0];
  return start >= task.earliest && start + length <= task.latest_end &&
         is_inside(problem.windows_of(task), start, start + length);
}

plan::PlanRequest request_of(std::vector<std::pair<std::string, std::vector<std::string>>> jobs) {
  plan::PlanRequest request;
  request.now = now;
  request.horizon_s = 100;
  for (auto& [id, after] : jobs) {
    plan::PlanJob job;
    job.id = id;
    job.seconds = 1;
    job.after = after;
    request.jobs.push_back(job);
  }
  return request;
}

Problem problem_of(const plan::PlanRequest& request) {
  return plan::make_problem(request,
                            tariff::PriceCurve({{now, now + 100, {}, tariff::Price{5, 5, 0, 0}, true}}));
}

}  // namespace

TEST_CASE("sums over steps and their least values are those of the seconds, indexed by second or not") {
  Dice dice(20260801);
  for (int round = 0; round < 300; ++round) {
    // Values of 2^42 are not indexed by second.
    auto [steps, seconds] = random_steps(dice, round % 2 == 0 ? 7 : std::int64_t{1} << 42);
    const auto end = static_cast<Time>(seconds.size());
    for (const bool indexed : {false, true}) {
      if (indexed) steps.index();
      Cost sum = 0;
      for (Time t = 0; t < end; ++t) {
        REQUIRE(steps.until(t) == sum);
        REQUIRE(steps.value(steps.step_at(t)) == seconds[static_cast<std::size_t>(t)]);
        sum += seconds[static_cast<std::size_t>(t)];
      }
      CHECK(steps.until(end) == sum);
      CHECK(steps.until(end + 3) == sum + Cost{3} * seconds.back());  // the last value goes on
    }
    for (Time a = 0; a < end; ++a)
      for (Time b = a + 1; b <= end; b += 3)
        REQUIRE(steps.least(a, b) == *std::min_element(seconds.begin() + a, seconds.begin() + b));
    // Neighbours of one value are one step.
    for (std::size_t step = 0; step + 2 < steps.edges().size(); ++step)
      CHECK(steps.value(step) != steps.value(step + 1));
  }
}

TEST_CASE("the first place in a window is found, and what lies inside of one") {
  Dice dice(20260802);
  for (int round = 0; round < 2000; ++round) {
    const auto spans = random_windows(dice, 40);
    const Time from = dice.between(0, 40), length = dice.between(1, 7), until = dice.between(0, 42);
    std::optional<Time> expected;
    for (Time t = from; t + length <= until && !expected; ++t)
      if (is_inside(spans, t, t + length)) expected = t;
    CHECK(Problem::first_fit(spans, from, length, until) == expected);
    CHECK(Problem::inside(spans, from, from + length) == is_inside(spans, from, from + length));
  }
}

TEST_CASE("the first start that costs no more than so much is found among all seconds") {
  Dice dice(20260803);
  int found = 0, none = 0;
  for (int round = 0; round < 3000; ++round) {
    const Problem problem = random_problem(dice);
    const Time length = problem.tasks[0].seconds, first = dice.between(0, 20), last = dice.between(10, 90);
    // Between the least and the greatest cost, and somewhat beyond.
    const Cost most = Cost{dice.between(-20, 20)} * 1'000'000 * length / 4 + dice.between(-1, 1);
    std::optional<Time> expected;
    for (Time t = first; t <= last && !expected; ++t)
      if (may_start(problem, t, length) && problem.cost(0, t, t + length) <= most) expected = t;
    REQUIRE(problem.first_start(0, length, first, last, most) == expected);
    ++(expected ? found : none);
  }
  CHECK(found > 500);
  CHECK(none > 500);
}

TEST_CASE("the pieces of starts hold every start with its cost, and none that may not be") {
  Dice dice(20260804);
  for (int round = 0; round < 1000; ++round) {
    const Problem problem = random_problem(dice);
    const Time length = problem.tasks[0].seconds, first = dice.between(0, 20), last = dice.between(10, 90);
    std::map<Time, Cost> costs;
    Time before = -1;
    for (const plan::StartPiece& piece : problem.start_pieces(0, length, first, last)) {
      CHECK(piece.first >= before);  // they ascend and share no more than an end
      CHECK(piece.first <= piece.last);
      before = piece.last;
      for (Time t = piece.first; t <= piece.last; ++t) {
        const Cost cost = piece.value + piece.slope * (t - piece.first);
        const auto [known, is_new] = costs.emplace(t, cost);
        CHECK(known->second == cost);
      }
    }
    for (Time t = 0; t <= problem.horizon; ++t) {
      const bool may = t >= first && t <= last && may_start(problem, t, length);
      REQUIRE(costs.contains(t) == may);
      if (may) REQUIRE(costs[t] == problem.cost(0, t, t + length));
    }
  }
}

TEST_CASE("a setup is part of a job's time but after one of its own group") {
  Problem problem;
  for (const int group : {1, 1, 2, -1, -1}) {
    plan::Task task;
    task.seconds = 10;
    task.setup = 3;
    task.group = group;
    problem.tasks.push_back(task);
  }
  CHECK(problem.duration(0, -1) == 13);
  CHECK(problem.duration(0, 1) == 10);
  CHECK(problem.duration(0, 2) == 13);
  CHECK(problem.duration(0, 3) == 13);
  CHECK(problem.duration(3, 4) == 13);  // no group is no common group
}

TEST_CASE("jobs that wait for themselves, for each other or for nobody's job are blocked, and reported how") {
  const Problem problem = problem_of(request_of({{"a", {"b"}},
                                                 {"b", {"c"}},
                                                 {"c", {"a"}},
                                                 {"own", {"own"}},
                                                 {"behind", {"c"}},
                                                 {"lost", {"nobody"}},
                                                 {"free", {}},
                                                 {"fine", {"free", "free"}}}));
  const auto why = [&](std::size_t i) { return problem.tasks[i].blocked.value_or("not blocked"); };
  CHECK(why(0) == "its order is circular: a after b after c after a");
  CHECK(why(1) == "its order is circular: b after c after a after b");
  CHECK(why(2) == "its order is circular: c after a after b after c");
  CHECK(why(3) == "its order is circular: own after own");
  CHECK(contains(why(4), "it comes after jobs whose order is circular: behind after c"));
  CHECK(why(5) == "after 'nobody', which is no job of this plan");
  CHECK(why(6) == "not blocked");
  CHECK(why(7) == "not blocked");
  CHECK(problem.tasks[7].after == std::vector{6});
  CHECK(problem.tasks[6].successors == std::vector{7});
}

TEST_CASE("times of jobs are seconds from now within the plan") {
  plan::PlanRequest request = request_of({{"past", {}}, {"within", {}}, {"beyond", {}}, {"free", {}}});
  const auto set = [&](std::size_t i, std::int64_t earliest, std::int64_t deadline, std::int64_t planned) {
    request.jobs[i].earliest = now + earliest;
    request.jobs[i].deadline = now + deadline;
    request.jobs[i].planned = now + planned;
  };
  set(0, -5, -1, -9);
  set(1, 7, 60, 30);
  set(2, 101, 1000, 500);
  const Problem problem = problem_of(request);
  const auto& tasks = problem.tasks;
  CHECK(tasks[0].earliest == 0);
  CHECK(tasks[0].latest_end == 0);
  CHECK(tasks[0].planned == 0);
  CHECK(tasks[1].earliest == 7);
  CHECK(tasks[1].latest_end == 60);
  CHECK(tasks[1].planned == 30);
  CHECK(tasks[2].earliest == 100);
  CHECK(tasks[2].latest_end == 100);
  CHECK(tasks[2].planned == 100);
  CHECK(tasks[3].earliest == 0);
  CHECK(tasks[3].latest_end == 100);
  CHECK_FALSE(tasks[3].planned);
}

TEST_CASE("a request that makes no sense is refused by name") {
  const auto refused = [](auto change) {
    plan::PlanRequest request = request_of({{"a", {}}});
    change(request);
    return error_of([&] { problem_of(request); });
  };
  constexpr std::int64_t years = 200LL * 366 * 86400;
  CHECK(contains(refused([](auto& r) { r.jobs[0].seconds = 0; }).message(), "job 'a': seconds"));
  CHECK(contains(refused([](auto& r) { r.jobs[0].seconds = years + 1; }).message(), "job 'a': seconds"));
  CHECK(contains(refused([](auto& r) { r.jobs[0].setup_seconds = -1; }).message(), "job 'a': setup"));
  CHECK(contains(refused([](auto& r) { r.jobs[0].setup_seconds = years + 1; }).message(), "setup"));
  CHECK(contains(refused([](auto& r) { r.jobs[0].milliwatts = -1; }).message(), "job 'a': watts"));
  CHECK(contains(refused([](auto& r) { r.jobs[0].milliwatts = 1'000'000'000'001; }).message(), "watts"));
  CHECK(contains(refused([](auto& r) { r.jobs.push_back(r.jobs[0]); }).message(), "'a' is there twice"));
  CHECK(contains(refused([](auto& r) { r.workers = 0; }).message(), "at least one worker"));
  CHECK(contains(refused([](auto& r) { r.horizon_s = -1; }).message(), "horizon"));
  CHECK(contains(refused([](auto& r) { r.horizon_s = years + 1; }).message(), "horizon"));
  CHECK(
      contains(refused([](auto& r) { r.objective = plan::Objective::carbon; }).message(), "no carbon data"));
  plan::PlanRequest most = request_of({{"a", {}}});
  most.horizon_s = most.jobs[0].seconds = most.jobs[0].setup_seconds = years;
  most.jobs[0].milliwatts = 1'000'000'000'000;
  CHECK(problem_of(most).tasks.size() == 1);
  most.horizon_s = 0;
  CHECK(problem_of(most).horizon == 0);
}
