// What planning and estimates read of the queue.
#include "store_fixture.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using store::State;
using Starts = std::map<store::JobId, store::PlannedStart>;

TEST_CASE_FIXTURE(StoreFixture, "a plan replaces the one before, and holds no job that is gone") {
  for (const char* name : {"a.mp4", "b.mp4", "c.mp4"}) add(name);
  const std::vector<store::JobId> all = {1, 2, 3};
  CHECK(store().planned_starts(all).empty());
  store().save_plan({{1, {100, true}}, {2, {200, false}}});
  CHECK((store().planned_starts(all) == Starts{{1, {100, true}}, {2, {200, false}}}));
  store().save_plan({{2, {250, true}}, {3, {300, false}}});
  CHECK((store().planned_starts(all) == Starts{{2, {250, true}}, {3, {300, false}}}));
  CHECK((store().planned_starts(std::vector<store::JobId>{3}) == Starts{{3, {300, false}}}));
  store().save_plan({{2, {250, true}}, {99, {1, true}}});
  CHECK((store().planned_starts(std::vector<store::JobId>{2, 3, 99}) == Starts{{2, {250, true}}}));
  store().save_plan({});
  CHECK(store().planned_starts(all).empty());
}

TEST_CASE_FIXTURE(StoreFixture, "waiting jobs are reported with all that a plan needs") {
  store::NewJob job = new_job(path("a.mp4"));
  job.spec.priority = 3;
  job.spec.earliest = noon / 1'000'000 + 50;
  job.spec.deadline = noon / 1'000'000 + 500;
  job.spec.when = spec::When::cheapest;
  job.spec.group = "night";
  const auto first = store().add(std::span(&job, 1), noon)[0];
  const auto held = add("b.mp4"), running = add("c.mp4"), plain = add("d.mp4");
  store().hold(held, noon);
  const auto epoch = store().begin_epoch(store::this_process());
  REQUIRE(store().claim(epoch, running, {}, noon));
  const auto waiting = store().waiting();
  REQUIRE(waiting.size() == 2);
  CHECK(waiting[0].id == first);
  CHECK(waiting[0].preset == store().job(first).preset);
  CHECK(waiting[0].priority == 3);
  CHECK(waiting[0].earliest == noon / 1'000'000 + 50);
  CHECK(waiting[0].deadline == noon / 1'000'000 + 500);
  CHECK((waiting[0].when == spec::When::cheapest));
  CHECK(waiting[0].group == "night");
  CHECK(waiting[1].id == plain);
  CHECK_FALSE(waiting[1].earliest);
  CHECK_FALSE(waiting[1].deadline);
  CHECK((
      store().states(std::vector{first, held, running}) ==
      std::map<store::JobId, State>{{first, State::queued}, {held, State::held}, {running, State::running}}));
}

TEST_CASE_FIXTURE(StoreFixture,
                  "the pause of a retry is part of the earliest start, in whole seconds upwards") {
  const auto epoch = store().begin_epoch(store::this_process());
  const std::int64_t second = noon / 1'000'000;
  const auto earliest = [&](std::optional<std::int64_t> own, store::Micros retry_at) {
    store::NewJob job = new_job(path("a.mp4"));
    job.spec.earliest = own;
    const auto id = store().add(std::span(&job, 1), noon)[0];
    const auto attempt = store().claim(epoch, id, {}, noon);
    store().fail(epoch, *attempt, {}, {}, 1, "x", retry_at, noon);
    const auto found = store().waiting().at(0).earliest;
    store().cancel(id, noon);
    return found;
  };
  CHECK(earliest({}, noon + 30'000'000) == second + 30);
  CHECK(earliest({}, noon + 30'000'001) == second + 31);
  CHECK(earliest({}, noon + 29'999'999) == second + 30);
  CHECK(earliest(second + 10, noon + 30'000'000) == second + 30);
  CHECK(earliest(second + 90, noon + 30'000'000) == second + 90);
}

TEST_CASE_FIXTURE(StoreFixture,
                  "estimates learn from whole runs of the same model and device, newest first") {
  const auto epoch = store().begin_epoch(store::this_process());
  int made = 0;
  const auto run = [&](const std::string& fingerprint, const std::string& device, const std::string& method,
                       bool resumed, bool fails) {
    store::NewJob job = new_job(path(fmt::format("{}.mp4", ++made)));
    job.preset = {std::to_string(made), "m", fingerprint, device, "", 10 + made, 20 + made, 30 + made};
    const auto id = store().add(std::span(&job, 1), noon)[0];
    const auto attempt = store().claim(epoch, id, {}, noon);
    store().begin_publication(epoch, attempt->id, {}, {1, 2, 3, 4, 5}, resumed, noon);
    store::Bill bill;
    bill.microseconds = made * 1'500'000;
    bill.microjoules = made * 1000;
    bill.method = method;
    if (fails)
      store().fail(epoch, *attempt, bill, {}, 1, "x", {}, noon);
    else
      store().finish(epoch, *attempt, bill, {}, noon);
  };
  run("f", "cpu", "fixed", false, false);
  run("f", "cpu", "nvml", false, false);
  run("f", "cpu", "nvml", true, false);   // went on from a checkpoint
  run("f", "cpu", "nvml", false, true);   // failed
  run("g", "cpu", "nvml", false, false);  // another model
  run("f", "cuda", "nvml", false, false);
  const auto runs = store().finished_runs("f", "cpu", 9);
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].tokens == 12);
  CHECK(runs[0].steps == 22);
  CHECK(runs[0].pixels == 32);
  CHECK(runs[0].seconds == 3);
  CHECK(runs[0].metered_microjoules == 2000);
  CHECK(runs[0].stages.load == 1);
  CHECK(runs[0].stages.text == 2);
  CHECK(runs[0].stages.denoise == 3);
  CHECK(runs[0].stages.decode == 4);
  CHECK(runs[0].stages.encode == 5);
  CHECK(runs[1].tokens == 11);
  CHECK(runs[1].seconds == 1.5);
  CHECK_FALSE(runs[1].metered_microjoules);
  CHECK(store().finished_runs("f", "cpu", 1).size() == 1);
  CHECK(store().finished_runs("f", "tpu", 9).empty());
}

TEST_CASE_FIXTURE(StoreFixture, "a pause is kept, and so is who runs the jobs") {
  CHECK_FALSE(store().runner().paused);
  store().set_paused(true);
  CHECK(store().runner().paused);
  const auto own = store::this_process();
  const auto epoch = store().begin_epoch(own);
  const store::RunnerInfo runner = store().runner();
  CHECK(runner.epoch == epoch);
  CHECK(runner.process.pid == own.pid);
  CHECK(runner.process.start == own.start);
  CHECK(runner.process.boot_id == own.boot_id);
  CHECK(runner.paused);
  store().set_paused(false);
  CHECK_FALSE(store().runner().paused);
  CHECK_FALSE(store().is_cancel_requested(99));
}

TEST_CASE_FIXTURE(StoreFixture, "lists show the states, the number and the order asked for") {
  for (const char* name : {"a.mp4", "b.mp4", "c.mp4", "d.mp4"}) add(name);
  store().hold(2, noon);
  store().cancel(3, noon);
  store().remove(4);
  const auto ids = [&](const store::ListQuery& query) {
    std::vector<store::JobId> ids;
    for (const store::Job& job : store().list(query)) ids.push_back(job.id);
    return ids;
  };
  using Ids = std::vector<store::JobId>;
  CHECK(ids({}) == Ids{1, 2, 3});
  CHECK(ids({{}, 0, true}) == Ids{3, 2, 1});
  CHECK(ids({{}, 2, false}) == Ids{1, 2});
  CHECK(ids({{State::held, State::cancelled}, 0, false}) == Ids{2, 3});
  CHECK(ids({{State::done}, 0, false}).empty());
  CHECK((store().count_by_state() ==
         std::map<State, std::int64_t>{{State::queued, 1}, {State::held, 1}, {State::cancelled, 1}}));
}

TEST_CASE_FIXTURE(StoreFixture, "attempts of several jobs come together, each to its own, oldest first") {
  const auto epoch = store().begin_epoch(store::this_process());
  const std::vector<store::JobId> jobs = {add("a.mp4"), add("b.mp4"), add("c.mp4")};
  for (int round = 0; round < 2; ++round)
    for (const auto id : {jobs[0], jobs[1]}) {
      const auto attempt = store().claim(epoch, id, {7, 5, 9}, noon + round);
      REQUIRE(attempt);
      CHECK(attempt->job == id);
      CHECK(attempt->number == round + 1);
      CHECK(attempt->epoch == epoch);
      CHECK(attempt->started_at == noon + round);
      CHECK(attempt->last_seen == noon + round);
      store().interrupt(epoch, *attempt, {}, {}, "pause", noon + round + 1);
    }
  const auto all = store().attempts(std::span(jobs).first(2));
  REQUIRE(all.size() == 2);
  for (const auto& [job, attempts] : all) {
    REQUIRE(attempts.size() == 2);
    for (int round = 0; round < 2; ++round) {
      const store::Attempt& one = attempts[static_cast<std::size_t>(round)];
      CHECK(one.job == job);
      CHECK(one.number == round + 1);
      CHECK(one.epoch == epoch);
      CHECK((one.state == store::AttemptState::interrupted));
      CHECK(one.started_at == noon + round);
      CHECK(one.ended_at == noon + round + 1);
      CHECK(one.expected.seconds == 7);
      CHECK(one.expected.low == 5);
      CHECK(one.expected.high == 9);
      CHECK(one.error == "pause");
      CHECK_FALSE(one.resumed);
    }
  }
  CHECK(store().attempts(jobs[2]).empty());
}
