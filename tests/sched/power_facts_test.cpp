#include "runner/power_facts.h"

#include "store/store_fixture.h"

using namespace turbodiff;
using namespace turbodiff::plan;
using namespace turbodiff::queue;
using namespace turbodiff::runner;
using namespace turbodiff::testing;

namespace {

constexpr Seconds noon_second = noon / 1'000'000;

PlannedJob planned_at(store::JobId id, Seconds start) {
  PlannedJob job;
  job.id = std::to_string(id);
  job.start = start;
  job.end = start + 60;
  return job;
}

UnplacedJob unplaced(store::JobId id) {
  return {0, std::to_string(id), "waits for prices"};
}

}  // namespace

TEST_CASE_FIXTURE(StoreFixture, "an empty queue has nothing against switching off") {
  const auto facts = queue_facts(store(), {}, false, noon_second);
  CHECK(facts.running == 0);
  CHECK(facts.waiting == 0);
  CHECK_FALSE(facts.next_start);
}

TEST_CASE_FIXTURE(StoreFixture, "running jobs and the earliest start are seen") {
  const auto first = add("a.mp4"), second = add("b.mp4"), third = add("c.mp4");
  const auto epoch = store().begin_epoch(store::this_process());
  REQUIRE(store().claim(epoch, first, {}, noon));
  QueuePlan plan;
  plan.plan.jobs = {planned_at(third, noon_second + 7200), planned_at(second, noon_second + 3600)};
  auto facts = queue_facts(store(), plan, false, noon_second);
  CHECK(facts.running == 1);
  CHECK(facts.waiting == 0);
  CHECK(facts.next_start == noon_second + 3600);
  facts = queue_facts(store(), plan, true, noon_second);
  CHECK(facts.waiting == 2);
  CHECK(facts.waiting_why.find("paused") != std::string::npos);
}

TEST_CASE_FIXTURE(StoreFixture, "jobs without a place count unless they will never have one by themselves") {
  const auto open = add("a.mp4"), blocked = add("b.mp4"), late = add("c.mp4");
  store::JobEdit edit;
  edit.deadline = noon_second - 1;
  store().edit(late, edit, noon);
  QueuePlan plan;
  plan.plan.unplaced = {unplaced(late), unplaced(blocked)};
  plan.blocked = {blocked};
  CHECK(queue_facts(store(), plan, false, noon_second).waiting == 0);
  plan.plan.unplaced.push_back(unplaced(open));
  const auto facts = queue_facts(store(), plan, false, noon_second);
  CHECK(facts.waiting == 1);
  CHECK(facts.waiting_why == "job 1: waits for prices");
}

TEST_CASE_FIXTURE(StoreFixture, "a queue too long to be planned whole is not empty") {
  QueuePlan plan;
  plan.left_out = 3;
  CHECK(queue_facts(store(), plan, false, noon_second).waiting == 3);
}
