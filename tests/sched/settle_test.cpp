#include <algorithm>
#include <map>
#include <set>

#include "plan/planner.h"
#include "sched/exhaustive_plan.h"
#include "sched/random_plans.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using plan::Plan;
using plan::PlanJob;
using tariff::Seconds;

namespace {

constexpr Seconds now = 1'790'000'000;

/// One price for `horizon` seconds.
PlanCase flat(std::int64_t horizon, std::vector<PlanJob> jobs = {}) {
  PlanCase input;
  input.request.now = now;
  input.request.horizon_s = horizon;
  input.request.jobs = std::move(jobs);
  input.curve =
      tariff::PriceCurve({{now - 10, now + horizon + 10, "", tariff::Price{200'000'000, 200'000'000, 0, 0},
                           true, false, std::nullopt}});
  return input;
}

PlanJob make_job(const std::string& id, std::int64_t seconds, std::int64_t priority = 0) {
  PlanJob job;
  job.id = id;
  job.seconds = seconds;
  job.milliwatts = 300'000;
  job.priority = priority;
  return job;
}

Plan plan_of(const PlanCase& input) {
  Plan plan = plan::make_plan(input.request, input.curve);
  REQUIRE(fault_in(input.request, input.curve, plan) == "");
  return plan;
}

std::vector<std::string> order_of(const Plan& plan) {
  std::vector<std::string> ids;
  for (const auto& job : plan.jobs) ids.push_back(job.id);
  return ids;
}

/// The plan becomes what the next one starts from.
void keep(PlanCase& input, const Plan& plan) {
  for (const auto& job : plan.jobs) input.request.jobs[job.job].planned = job.start;
}

}  // namespace

TEST_CASE("at one price jobs run by priority, then the short ones first, one after another") {
  Dice dice(20261201);
  for (int round = 0; round < 60; ++round) {
    PlanCase input = flat(200'000);
    input.request.workers = static_cast<int>(dice.between(1, 3));
    const auto count = dice.between(9, 60);
    for (int i = 0; i < count; ++i)
      input.request.jobs.push_back(
          make_job("j" + std::to_string(i), dice.between(1, 300), dice.between(0, 3) * 5));
    std::vector<PlanJob> expected = input.request.jobs;
    std::stable_sort(expected.begin(), expected.end(), [](const PlanJob& a, const PlanJob& b) {
      return a.priority != b.priority ? a.priority > b.priority : a.seconds < b.seconds;
    });
    std::multiset<Seconds> free;
    for (int worker = 0; worker < input.request.workers; ++worker) free.insert(now);
    std::map<std::int64_t, std::int64_t> least_ends, ends;
    for (const PlanJob& job : expected) {
      const Seconds end = *free.begin() + job.seconds;
      free.erase(free.begin());
      free.insert(end);
      least_ends[job.priority] += end - now;
    }
    const Plan plan = plan_of(input);
    REQUIRE(plan.jobs.size() == expected.size());
    for (const auto& job : plan.jobs) ends[input.request.jobs[job.job].priority] += job.end - now;
    CHECK(ends == least_ends);
    if (input.request.workers == 1)
      for (std::size_t k = 0; k < expected.size(); ++k) {
        CHECK(plan.jobs[k].id == expected[k].id);
        CHECK(plan.jobs[k].start == (k == 0 ? now : plan.jobs[k - 1].end));
      }
  }
}

TEST_CASE("a higher priority never runs behind a job that it could change places with") {
  Dice dice(20261202);
  int pairs = 0;
  for (int round = 0; round < 60; ++round) {
    const Prices kinds[] = {Prices::two_rates, Prices::five_rates, Prices::day_ahead};
    PlanCase input = random_queue(dice, {.jobs = static_cast<int>(dice.between(9, 80)),
                                         .quarters = 192,
                                         .load_percent = static_cast<int>(dice.between(30, 90)),
                                         .prices = kinds[dice.between(0, 2)],
                                         .priorities = 3,
                                         .group_percent = static_cast<int>(dice.between(0, 1) * 30)});
    for (PlanJob& job : input.request.jobs) job.milliwatts = 300'000 + (job.milliwatts / 1000 % 2) * 100'000;
    const Plan plan = plan_of(input);
    // Neighbours that touch, exchanged from the start of the first on.
    for (std::size_t k = 0; k + 1 < plan.jobs.size(); ++k) {
      const auto &a = plan.jobs[k], &b = plan.jobs[k + 1];
      if (input.request.jobs[a.job].priority >= input.request.jobs[b.job].priority || a.end != b.start)
        continue;
      if (!input.request.jobs[a.job].group.empty() || !input.request.jobs[b.job].group.empty()) continue;
      Plan other = plan;
      other.jobs[k].start = a.start + (b.end - b.start);
      other.jobs[k].end = b.end;
      other.jobs[k + 1].start = a.start;
      other.jobs[k + 1].end = other.jobs[k].start;
      const auto cost = [&](const plan::PlannedJob& job) {
        __int128 sum = 0;
        for (Seconds t = job.start; t < job.end; ++t)
          sum +=
              static_cast<__int128>(input.curve.at(t)->price->gross) * input.request.jobs[job.job].milliwatts;
        return sum;
      };
      const bool dearer = cost(other.jobs[k]) + cost(other.jobs[k + 1]) > cost(a) + cost(b);
      const std::string fault = fault_in(input.request, input.curve, other);
      const bool broken = fault == "the places break a constraint";
      CHECK_MESSAGE((dearer || broken), a.id << " before " << b.id << " " << fault);
      ++pairs;
    }
  }
  MESSAGE(fmt::format("{} neighbours of rising priority, each for a reason", pairs));
  CHECK(pairs > 5);
}

TEST_CASE("a job added with a high priority comes first, others last, and the rest keeps its order") {
  PlanCase input = flat(40'000);
  for (int i = 0; i < 30; ++i) input.request.jobs.push_back(make_job("j" + std::to_string(i), 60 + i % 3));
  Plan plan = plan_of(input);
  const std::vector<std::string> before = order_of(plan);
  keep(input, plan);
  input.request.now += 30;
  input.request.horizon_s -= 30;
  input.request.jobs.push_back(make_job("late", 60));
  input.request.jobs.push_back(make_job("short", 1));
  input.request.jobs.push_back(make_job("urgent", 600, 10));
  plan = plan_of(input);
  std::vector<std::string> expected = {"urgent"};
  expected.insert(expected.end(), before.begin(), before.end());
  for (const char* id : {"late", "short"}) expected.push_back(id);
  std::vector<std::string> got = order_of(plan);
  if (got[got.size() - 1] == "late") std::swap(got[got.size() - 1], got[got.size() - 2]);
  CHECK(got == expected);
  CHECK(plan.jobs.front().start == input.request.now);
  for (std::size_t k = 1; k < plan.jobs.size(); ++k) CHECK(plan.jobs[k].start == plan.jobs[k - 1].end);
}

TEST_CASE("durations that were guessed far too long leave no idle time in the next plan") {
  PlanCase input = flat(12 * 3600);
  // Cheap for one hour, twice.
  const auto segment = [](Seconds begin, Seconds end, std::int64_t price) {
    return tariff::Segment{now + begin, now + end, "",          tariff::Price{price, price, 0, 0},
                           price < 300, false,     std::nullopt};
  };
  input.curve = tariff::PriceCurve({segment(0, 3600, 200), segment(3600, 28800, 400),
                                    segment(28800, 32400, 200), segment(32400, 50000, 400)});
  for (int i = 0; i < 25; ++i) {
    input.request.jobs.push_back(make_job(std::to_string(i), 236));
    input.request.jobs.back().when = spec::When::off_peak;
  }
  Plan plan = plan_of(input);
  CHECK(plan.jobs.back().start >= now + 28800);
  keep(input, plan);
  const std::vector<std::string> before = order_of(plan);
  for (PlanJob& job : input.request.jobs) job.seconds = 5;
  std::erase_if(input.request.jobs, [&](const PlanJob& job) { return job.id == before.front(); });
  input.request.now += 5;
  input.request.horizon_s -= 5;
  plan = plan_of(input);
  REQUIRE(plan.jobs.size() == 24);
  CHECK(order_of(plan) == std::vector<std::string>(before.begin() + 1, before.end()));
  for (std::size_t k = 0; k < plan.jobs.size(); ++k)
    CHECK(plan.jobs[k].start == input.request.now + static_cast<Seconds>(k) * 5);
}

TEST_CASE("equal jobs run in input order, also those that a full plan had left out") {
  PlanCase input = flat(7200);
  for (int i = 0; i < 100; ++i) input.request.jobs.push_back(make_job(std::to_string(i), 60));
  for (int done = 0; done < 90; done += 7) {
    PlanCase part = input;
    part.request.jobs.assign(input.request.jobs.begin() + done,
                             input.request.jobs.begin() + std::min(100, done + 50));
    part.request.now += done * 30;
    part.request.horizon_s -= done * 30;
    const Plan plan = plan_of(part);
    for (std::size_t k = 0; k < plan.jobs.size(); ++k) {
      CHECK(plan.jobs[k].job == k);
      CHECK(plan.jobs[k].start == part.request.now + static_cast<Seconds>(k) * 60);
      input.request.jobs[static_cast<std::size_t>(done) + plan.jobs[k].job].planned = plan.jobs[k].start;
    }
  }
}
