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
  bill.gross = bill.net = gross;
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
  const store::PriceSnapshot price{0, 10, "valley", 450'000'000, 400'000'000, 0, 50'000'000, true, false};
  store().finish(epoch, *attempt, bill_of(123), std::span(&price, 1), noon + 2);
  CHECK(store().job(id).state == State::done);
  CHECK_THROWS_AS(store().finish(epoch, *attempt, bill_of(123), {}, noon + 3), store::FencedOff);
  const auto attempts = store().attempts(id);
  REQUIRE(attempts.size() == 1);
  CHECK(attempts[0].bill.gross == 123);
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
