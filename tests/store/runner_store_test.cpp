#include "store_fixture.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using store::State;

namespace {

store::Bill bill_of(std::int64_t gross) {
  store::Bill bill;
  bill.microseconds = 2'000'000;
  bill.milliwatts = 300'000;
  bill.microjoules = 600'000'000;
  bill.tariff = "test";
  bill.currency = "EUR";
  bill.cost.gross = bill.cost.net = core::Money::from_micro(gross);
  return bill;
}

const store::ExpectedTime expected{2, 1, 4};

}  // namespace

TEST_CASE_FIXTURE(StoreFixture, "an attempt is claimed once, published once and billed once") {
  const auto id = add("a.mp4");
  const auto epoch = store().begin_epoch(store::this_process());
  const auto attempt = store().claim(epoch, id, expected, noon);
  REQUIRE(attempt);
  CHECK_FALSE(store().claim(epoch, id, expected, noon));
  CHECK(store().job(id).state == State::running);
  const tariff::Segment price{0,    10,    "valley", tariff::Price{450'000'000, 400'000'000, 0, 50'000'000},
                              true, false, {}};
  store().finish(epoch, *attempt, bill_of(123), std::span(&price, 1), noon + 2);
  CHECK(store().job(id).state == State::done);
  CHECK_THROWS_AS(store().finish(epoch, *attempt, bill_of(123), {}, noon + 3), store::FencedOff);
  const auto attempts = store().attempts(id);
  REQUIRE(attempts.size() == 1);
  CHECK(attempts[0].bill.cost.gross.micro() == 123);
  CHECK(attempts[0].expected.high == 4);
  REQUIRE(store().prices(attempts[0].id).size() == 1);
  CHECK(store().prices(attempts[0].id)[0].rate == "valley");
}

TEST_CASE_FIXTURE(StoreFixture, "a runner whose epoch is over can change nothing any more") {
  const auto id = add("a.mp4");
  const auto old_epoch = store().begin_epoch(store::this_process());
  const auto attempt = store().claim(old_epoch, id, expected, noon);
  const auto epoch = store().begin_epoch(store::this_process());
  CHECK(epoch == old_epoch + 1);
  CHECK_THROWS_AS(store().claim(old_epoch, id, expected, noon), store::FencedOff);
  CHECK_THROWS_AS(store().note_alive(old_epoch, attempt->id, noon), store::FencedOff);
  CHECK_THROWS_AS(store().begin_publication(old_epoch, attempt->id, {}, {}, false, noon), store::FencedOff);
  CHECK_THROWS_AS(store().finish(old_epoch, *attempt, bill_of(1), {}, noon), store::FencedOff);
  CHECK_THROWS_AS(store().fail(old_epoch, *attempt, bill_of(1), {}, 1, "x", std::nullopt, noon),
                  store::FencedOff);
  CHECK_THROWS_AS(store().interrupt(old_epoch, *attempt, bill_of(1), {}, "x", noon), store::FencedOff);
  const auto left = store().abandoned(epoch);
  REQUIRE(left.size() == 1);
  store().interrupt(epoch, left[0].attempt, bill_of(5), {}, "cut off", noon);
  CHECK(store().job(id).state == State::queued);
  CHECK(store().abandoned(epoch).empty());
}

TEST_CASE_FIXTURE(StoreFixture,
                  "after a restart of the machine the engine's process number is not believed") {
  add("a.mp4");
  store::ProcessIdentity before = store::this_process();
  for (const bool restarted : {false, true}) {
    if (restarted) before.boot_id = "another boot";
    const auto old_epoch = store().begin_epoch(before);
    const auto attempt = store().claim(old_epoch, 1, expected, noon);
    store().note_worker(old_epoch, attempt->id, before);
    const auto epoch = store().begin_epoch(store::this_process());
    const auto left = store().abandoned(epoch);
    REQUIRE(left.size() == 1);
    CHECK(store::is_alive(left[0].worker) == !restarted);
    store().interrupt(epoch, left[0].attempt, bill_of(1), {}, "cut off", noon);
  }
}

TEST_CASE_FIXTURE(StoreFixture, "failures are retried after a pause, interruptions do not count") {
  const auto id = add("a.mp4");
  const auto epoch = store().begin_epoch(store::this_process());
  auto attempt = store().claim(epoch, id, expected, noon);
  store().interrupt(epoch, *attempt, bill_of(1), {}, "window", noon);
  CHECK(store().job(id).failures == 0);
  attempt = store().claim(epoch, id, expected, noon);
  CHECK(attempt->number == 2);
  store().fail(epoch, *attempt, bill_of(1), {}, 1, "engine lost", noon + 30'000'000, noon);
  CHECK(store().job(id).state == State::queued);
  CHECK(store().job(id).failures == 1);
  CHECK(store().waiting()[0].earliest == 1'790'000'030);
  attempt = store().claim(epoch, id, expected, noon);
  store().fail(epoch, *attempt, bill_of(1), {}, 2, "no such file", std::nullopt, noon);
  CHECK(store().job(id).state == State::failed);
  CHECK(store().job(id).error == "no such file");
  CHECK(store().attempts(id).size() == 3);
}

TEST_CASE_FIXTURE(StoreFixture, "a running job is cancelled by its runner, or at once when that is gone") {
  const auto id = add("a.mp4");
  const auto epoch = store().begin_epoch(store::this_process());
  const auto attempt = store().claim(epoch, id, expected, noon);
  CHECK_FALSE(store().cancel(id, noon));
  CHECK(store().is_cancel_requested(id));
  store().interrupt(epoch, *attempt, bill_of(1), {}, "cancelled", noon);
  CHECK(store().job(id).state == State::cancelled);

  store().retry(id, noon);
  store::ProcessIdentity gone = store::this_process();
  gone.start -= 1;  // a process that had this number before
  const auto next = store().begin_epoch(gone);
  store().claim(next, id, expected, noon);
  CHECK(store().cancel(id, noon));
  CHECK(store().job(id).state == State::cancelled);
}

TEST_CASE_FIXTURE(StoreFixture, "what is being published is known to the next runner, with all it took") {
  const auto id = add("a.mp4");
  const auto epoch = store().begin_epoch(store::this_process());
  const auto attempt = store().claim(epoch, id, expected, noon);
  store::Publication file;
  file.temporary = path(".a.part");
  file.final = path("a.mp4");
  file.overwrite = true;
  file.device = 2049;
  file.inode = 77;
  file.bytes = 1234;
  file.modified_ns = 99;
  store().begin_publication(epoch, attempt->id, std::span(&file, 1), {0.5, 0.25, 1.5, 0.75, 0.125}, true,
                            noon + 7);
  const auto left = store().abandoned(store().begin_epoch(store::this_process()));
  REQUIRE(left.size() == 1);
  CHECK_FALSE(left[0].rebooted);
  const store::Attempt& found = left[0].attempt;
  CHECK(found.state == store::AttemptState::publishing);
  CHECK(found.last_seen == noon + 7);
  CHECK(found.started_at == noon);
  CHECK(found.resumed);
  CHECK(found.stages.load == 0.5);
  CHECK(found.stages.text == 0.25);
  CHECK(found.stages.denoise == 1.5);
  CHECK(found.stages.decode == 0.75);
  CHECK(found.stages.encode == 0.125);
  REQUIRE(left[0].publications.size() == 1);
  const store::Publication& back = left[0].publications[0];
  CHECK(back.temporary == file.temporary);
  CHECK(back.final == file.final);
  CHECK(back.overwrite);
  CHECK(back.device == 2049);
  CHECK(back.inode == 77);
  CHECK(back.bytes == 1234);
  CHECK(back.modified_ns == 99);
}

TEST_CASE_FIXTURE(StoreFixture, "a note that an attempt goes on keeps the most steps, flushed or not") {
  const auto id = add("a.mp4");
  const auto epoch = store().begin_epoch(store::this_process());
  const auto attempt = store().claim(epoch, id, expected, noon);
  store().note_alive(epoch, attempt->id, noon + 1, {}, {}, 2);
  store().note_alive(epoch, attempt->id, noon + 2, {}, "meter", 1, false);
  const store::Attempt now = store().attempts(id)[0];
  CHECK(now.steps == 2);
  CHECK(now.last_seen == noon + 2);
  CHECK(now.meter_state == "meter");
}

TEST_CASE_FIXTURE(StoreFixture, "an attempt that was cut off counts, and its job waits or is held") {
  const auto id = add("a.mp4");
  const auto epoch = store().begin_epoch(store::this_process());
  auto attempt = store().claim(epoch, id, expected, noon);
  store().cut_off(epoch, *attempt, bill_of(1), {}, {"cut off", false, noon + 30'000'000}, noon);
  store::Job job = store().job(id);
  CHECK(job.state == State::queued);
  CHECK(job.failures == 1);
  CHECK(job.not_before == noon + 30'000'000);
  CHECK_FALSE(job.started_at);
  CHECK(job.error.empty());
  CHECK_THROWS_AS(store().cut_off(epoch, *attempt, bill_of(1), {}, {"again"}, noon), store::FencedOff);
  CHECK_THROWS_AS(store().cut_off(epoch - 1, *attempt, bill_of(1), {}, {"old"}, noon), store::FencedOff);
  attempt = store().claim(epoch, id, expected, noon);
  store().cut_off(epoch, *attempt, bill_of(2), {}, {"too often", true, {}}, noon + 1);
  job = store().job(id);
  CHECK(job.state == State::held);
  CHECK(job.failures == 2);
  CHECK(job.error == "too often");
  CHECK(job.error_code == 1);
  CHECK_FALSE(job.not_before);
  const auto attempts = store().attempts(id);
  CHECK(attempts[0].state == store::AttemptState::interrupted);
  CHECK(attempts[0].error == "cut off");
  CHECK(attempts[1].state == store::AttemptState::failed);
  CHECK(attempts[1].error_code == 1);
  CHECK(attempts[1].bill.cost.gross.micro() == 2);
  CHECK(store().events(id).back().kind == "held");
  CHECK(store().events(id).back().detail == "too often");
}
