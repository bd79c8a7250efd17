// Why a job has no place: the sentence, with its numbers, for each cause.
#include "plan/unplaced_reason.h"

#include "plan/planner.h"
#include "testing.h"

using namespace turbodiff;
using plan::PlanJob;
using plan::PlanRequest;

namespace {

constexpr tariff::Seconds plan_now = 1'790'000'000;
using Seconds = tariff::Seconds;

PlanJob job_of(const std::string& id, std::int64_t seconds) {
  PlanJob job;
  job.id = id;
  job.seconds = seconds;
  job.milliwatts = 1000;
  return job;
}

/// Known from now on; [0, cheap_until) is off-peak.
tariff::PriceCurve priced(Seconds until, Seconds cheap_until = 0) {
  std::vector<tariff::Segment> segments;
  const tariff::Price price{100, 100, 0, 0};
  if (cheap_until > 0) segments.push_back({plan_now, plan_now + cheap_until, {}, price, true});
  if (until > cheap_until) segments.push_back({plan_now + cheap_until, plan_now + until, {}, price, false});
  return tariff::PriceCurve(std::move(segments));
}

/// What is said of job "a".
struct Told {
  std::string reason;
  bool late = false;
  bool operator==(const Told&) const = default;
};

Told told(std::vector<PlanJob> jobs, const tariff::PriceCurve& curve) {
  PlanRequest request;
  request.now = plan_now;
  request.horizon_s = 3600;
  request.jobs = std::move(jobs);
  request.label = [](Seconds instant) { return fmt::format("+{}", instant - plan_now); };
  for (const auto& unplaced : plan::make_plan(request, curve).unplaced)
    if (unplaced.id == "a") return {unplaced.reason, unplaced.late};
  return {"it is placed", false};
}

PlanJob now_job(const std::string& id, std::int64_t seconds, Seconds earliest = 0) {
  PlanJob job = job_of(id, seconds);
  job.when = spec::When::now;
  job.earliest = plan_now + earliest;
  return job;
}

}  // namespace

TEST_CASE("too little time between the earliest start and the deadline, or the end of the plan") {
  PlanJob job = job_of("a", 100);
  job.setup_seconds = 20;
  job.earliest = plan_now + 500;
  job.deadline = plan_now + 619;
  CHECK(told({job}, priced(3600)) ==
        Told{"needs 120 s, but from +500 to its deadline +619 there are only 119 s", true});
  job.deadline = plan_now + 620;
  CHECK(told({job}, priced(3600)).reason == "it is placed");
  job.deadline = plan_now + 100;
  CHECK(told({job}, priced(3600)) ==
        Told{"needs 120 s, but from +500 to its deadline +100 there are only 0 s", true});
  job.deadline = plan_now + 4000;  // beyond the plan
  job.earliest = plan_now + 3500;
  CHECK(told({job}, priced(3600)) ==
        Told{"needs 120 s, but from +3500 to the end of the plan +3600 there are only 100 s", false});
}

TEST_CASE("a job that comes after others begins when the last of them ends") {
  PlanJob job = job_of("a", 100);
  job.after = {"first", "second"};
  job.deadline = plan_now + 1060;
  CHECK(told({now_job("first", 1000), now_job("second", 400), job}, priced(3600)).reason ==
        "needs 100 s, but from +1400 to its deadline +1060 there are only 0 s");
  CHECK(told({now_job("first", 4000), now_job("second", 400), job}, priced(3600)).reason ==
        "after 'first', which is not placed");
  job.after = {"nobody"};
  CHECK(told({job}, priced(3600)) == Told{"after 'nobody', which is no job of this plan", true});
}

TEST_CASE("no window is long enough, and prices are still to come or are not") {
  PlanJob job = job_of("a", 2000);
  CHECK(
      told({job}, priced(1800)) ==
      Told{"waits for prices after +1800: needs 2000 s of time with a known price; the longest window until "
           "then is 1800 s",
           false});
  CHECK(told({job}, tariff::PriceCurve()) ==
        Told{"waits for prices after +0: needs 2000 s of time with a known price; the longest window until "
             "then is 0 s",
             false});
  job.when = spec::When::off_peak;
  CHECK(
      told({job}, priced(3600, 1500)) ==
      Told{
          "needs 2000 s of off-peak time before the end of the plan +3600; the longest window left is 1500 s",
          false});
  job.deadline = plan_now + 3600;
  CHECK(told({job}, priced(3600, 1500)) ==
        Told{"needs 2000 s of off-peak time before its deadline +3600; the longest window left is 1500 s",
             true});
  CHECK(told({job}, priced(3599, 1500)) ==
        Told{"waits for prices after +3599: needs 2000 s of off-peak time; the longest window until then is "
             "1500 s",
             false});
  job.earliest = plan_now + 1000;
  CHECK(told({job}, priced(3600, 1500)).reason ==
        "needs 2000 s of off-peak time before its deadline +3600; the longest window left is 500 s");
}

TEST_CASE("the other jobs leave too little room, before, between and after them") {
  PlanJob job = job_of("a", 1000);
  const auto room = [&](std::vector<PlanJob> others) {
    others.push_back(job);
    return told(others, priced(3600)).reason;
  };
  const std::string head = "needs 1000 s of time with a known price before the end of the plan +3600; ";
  CHECK(room({now_job("x", 3000, 300)}) == head + "beside the other jobs the longest window left is 300 s");
  CHECK(room({now_job("x", 1500), now_job("y", 1200, 2400)}) ==
        head + "beside the other jobs the longest window left is 900 s");
  CHECK(room({now_job("x", 2650)}) == head + "beside the other jobs the longest window left is 950 s");
  CHECK(room({now_job("x", 2600)}) == "it is placed");
  job.deadline = plan_now + 2000;
  CHECK(
      room({now_job("x", 900, 600)}) ==
      "needs 1000 s of time with a known price before its deadline +2000; beside the other jobs the longest "
      "window left is 600 s");
}

TEST_CASE("a worker without a job has all of a window free") {
  PlanRequest request;
  request.now = plan_now;
  request.horizon_s = 3600;
  request.workers = 2;
  request.jobs = {job_of("a", 1000), job_of("x", 3600)};
  const auto problem = plan::make_problem(request, priced(3600));
  // Left out although there is room: a plan that is good and not the best.
  CHECK(
      plan::unplaced_reason(request, problem, {{-1, 0}, {0, 0}}, 0) ==
      "needs 1000 s of time with a known price before the end of the plan 2026-09-21T15:13:20Z; no place was "
      "found beside the other jobs");
  request.workers = 1;
  CHECK(plan::unplaced_reason(request, plan::make_problem(request, priced(3600)), {{-1, 0}, {0, 0}}, 0) ==
        "needs 1000 s of time with a known price before the end of the plan 2026-09-21T15:13:20Z; beside the "
        "other jobs the longest window left is 0 s");
}
