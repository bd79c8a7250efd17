// What a plan says it costs: money with its parts, energy, carbon, and the machine's time without a job.
#include "plan/plan_result.h"

#include <cmath>

#include "plan/planner.h"
#include "testing.h"

using namespace turbodiff;
using plan::Plan;
using plan::PlanJob;
using plan::PlanRequest;

namespace {

constexpr tariff::Seconds origin_s = 1'790'000'000;
constexpr std::int64_t kilowatt = 1'000'000;

PlanJob job_of(const std::string& id, std::int64_t seconds, std::int64_t earliest = 0) {
  PlanJob job;
  job.id = id;
  job.seconds = seconds;
  job.milliwatts = kilowatt;
  job.earliest = origin_s + earliest;
  job.when = spec::When::now;
  return job;
}

/// 0.40 a kWh, then from 3600 s on 0.80; a quarter of it levies, a fifth VAT.
tariff::PriceCurve two_prices(std::optional<std::int64_t> early_carbon = {},
                              std::optional<std::int64_t> late_carbon = {}) {
  const auto price = [](std::int64_t cents) {
    const std::int64_t nano = cents * 10'000'000;
    return tariff::Price{nano, nano * 11 / 20, nano / 4, nano / 5};
  };
  return tariff::PriceCurve(
      {{origin_s, origin_s + 3600, "low", price(40), true, false, early_carbon},
       {origin_s + 3600, origin_s + 10'800, "high", price(80), false, false, late_carbon}});
}

PlanRequest request_of(std::vector<PlanJob> jobs) {
  PlanRequest request;
  request.now = origin_s;
  request.horizon_s = 10'800;
  request.jobs = std::move(jobs);
  return request;
}

core::Money cents(double amount) {
  return core::Money::from_micro(std::llround(amount * 10'000));
}

}  // namespace

TEST_CASE("a plan's money has its parts, by job and in all, and comes with its energy") {
  // Half an hour at either price.
  const Plan plan = plan::make_plan(request_of({job_of("a", 3600, 1800), job_of("b", 1800)}), two_prices());
  REQUIRE(plan.jobs.size() == 2);
  CHECK(plan.jobs[0].id == "b");
  CHECK(plan.jobs[0].job == 1);
  CHECK(plan.jobs[0].start == origin_s);
  CHECK(plan.jobs[0].end == origin_s + 1800);
  CHECK(plan.jobs[0].cost.gross == cents(20));
  CHECK(plan.jobs[0].milliwatt_seconds == 1800 * kilowatt);
  CHECK_FALSE(plan.jobs[0].setup);
  CHECK(plan.jobs[1].cost.gross == cents(60));
  CHECK(plan.jobs[1].cost.net == cents(33));
  CHECK(plan.jobs[1].cost.levies == cents(15));
  CHECK(plan.jobs[1].cost.vat == cents(12));
  CHECK(plan.total_cost.gross == cents(80));
  CHECK(plan.total_cost.net == cents(44));
  CHECK(plan.total_cost.levies == cents(20));
  CHECK(plan.total_cost.vat == cents(16));
  CHECK(plan.lower_bound == cents(80));
  CHECK(plan.asap_cost == cents(80));
  CHECK((plan.total_milliwatt_seconds == __int128{5400} * kilowatt));
  CHECK_FALSE(plan.idle);
  CHECK_FALSE(plan.milligram_co2);
}

TEST_CASE("costs are rounded once, half to even") {
  const auto micro = [](std::int64_t thousandths) {
    return plan::money_of(plan::Cost{thousandths} * 3'600'000'000).micro();
  };
  CHECK(micro(1000) == 1);
  CHECK(micro(499) == 0);
  CHECK(micro(500) == 0);
  CHECK(micro(501) == 1);
  CHECK(micro(1500) == 2);
  CHECK(micro(-500) == 0);
  CHECK(micro(-501) == -1);
}

TEST_CASE("a plan for carbon goes where there is least, and says how much that is") {
  PlanRequest request = request_of({job_of("a", 1800)});
  request.objective = plan::Objective::carbon;
  request.jobs[0].when = spec::When::cheapest;
  const Plan plan = plan::make_plan(request, two_prices(500'000, 200'000));
  REQUIRE(plan.jobs.size() == 1);
  CHECK(plan.jobs[0].start == origin_s + 3600);
  CHECK(plan.milligram_co2 == 100'000);
  CHECK(plan.milligram_lower_bound == 100'000);
  CHECK(plan.total_cost.gross == cents(40));
  CHECK(plan.asap_cost == cents(20));
  CHECK((plan.objective == plan::Objective::carbon));
  // Time whose carbon is not known is not taken for clean.
  const Plan known = plan::make_plan(request, two_prices(500'000, {}));
  CHECK(known.jobs[0].start == origin_s);
  CHECK(known.milligram_co2 == 250'000);
}

TEST_CASE("between jobs the machine idles, or is off where a wake-up is cheaper") {
  // Gaps of 600 s twice at the low price, and of 600 s at either price.
  PlanRequest request = request_of({job_of("a", 600, 600), job_of("b", 1200, 1800), job_of("c", 600, 4200)});
  const auto use = [&](std::optional<std::int64_t> idle_watts, std::optional<std::int64_t> wake_wh) {
    request.idle_milliwatts.reset();
    request.wake_milliwatt_hours.reset();
    if (idle_watts) request.idle_milliwatts = *idle_watts * 1000;
    if (wake_wh) request.wake_milliwatt_hours = *wake_wh * 1000;
    const Plan plan = plan::make_plan(request, two_prices());
    REQUIRE(plan.jobs.size() == 3);
    REQUIRE(plan.idle);
    return *plan.idle;
  };
  const auto watt_hours = [](std::int64_t wh) { return wh * 1000 * 3600; };
  const plan::IdleUse idles = use(60, {});
  CHECK(idles.milliwatt_seconds == watt_hours(40));
  CHECK(idles.cost == cents(2));
  CHECK(idles.wakes == 0);
  const plan::IdleUse always_off = use(60, 5);
  CHECK(always_off.milliwatt_seconds == watt_hours(15));
  CHECK(always_off.cost == cents(0.8));  // the last one at the high price
  CHECK(always_off.wakes == 3);
  const plan::IdleUse off_once = use(60, 12);
  CHECK(off_once.milliwatt_seconds == watt_hours(10 + 10 + 12));
  CHECK(off_once.cost == cents(1.76));
  CHECK(off_once.wakes == 1);
  CHECK(use(60, 10).wakes == 1);    // at the same price it stays on
  CHECK(use({}, 1000).wakes == 3);  // nothing is known of idling
}

TEST_CASE("the machine is idle only while no worker has a job") {
  PlanRequest request =
      request_of({job_of("long", 1000), job_of("short", 300, 200), job_of("late", 100, 1200)});
  request.workers = 2;
  request.idle_milliwatts = 60'000;
  const Plan plan = plan::make_plan(request, two_prices());
  REQUIRE(plan.jobs.size() == 3);
  CHECK(plan.jobs[0].worker == 0);
  CHECK(plan.jobs[1].worker == 1);
  REQUIRE(plan.idle);
  CHECK(plan.idle->milliwatt_seconds == 200 * 60'000);
}

TEST_CASE("the setup that an order spends is reported, for a job that has one") {
  PlanRequest request = request_of({job_of("a", 100), job_of("b", 100), job_of("c", 100), job_of("d", 100)});
  for (auto& job : request.jobs) job.group = job.id == "c" ? "other" : "one";
  for (const std::size_t i : {0U, 1U, 3U}) request.jobs[i].setup_seconds = 10;
  const Plan plan = plan::make_plan(request, two_prices());
  std::vector<std::pair<tariff::Seconds, bool>> got;
  for (const auto& job : plan.jobs) got.emplace_back(job.end - job.start, job.setup);
  CHECK(got ==
        std::vector<std::pair<tariff::Seconds, bool>>{{110, true}, {100, false}, {100, false}, {110, true}});
  // "At once" is this same order.
  CHECK(plan.asap_cost == plan.total_cost.gross);
}
