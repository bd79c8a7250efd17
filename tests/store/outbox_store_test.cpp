// What people are to be told, until each channel has taken it or is given up.
#include "store_fixture.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using store::DeliveryState;
using store::NoticeKind;

namespace {

constexpr std::int64_t day = 86'400'000'000;

class Outbox : public StoreFixture {
 public:
  void set(std::vector<store::ChannelRow> channels, store::Micros now = noon) {
    store().set_channels(channels, now);
  }
  bool tell(const std::string& key, NoticeKind kind, store::Micros at = noon) {
    return store().add_notice({0, key, kind, at, 3, "a red circle", "what has happened"});
  }
  std::vector<std::string> keys(const std::string& channel) {
    std::vector<std::string> keys;
    for (const store::Delivery& one : store().pending(channel)) keys.push_back(one.notice.key);
    return keys;
  }
  std::vector<std::int64_t> ids(const std::string& channel) {
    std::vector<std::int64_t> ids;
    for (const store::Delivery& one : store().pending(channel)) ids.push_back(one.notice.id);
    return ids;
  }
};

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(Outbox, "a notice goes once to each channel that wants its kind, with all it says") {
  set({{"mail", {NoticeKind::failed, NoticeKind::batch}}, {"phone", {NoticeKind::failed}}});
  CHECK(tell("f1", NoticeKind::failed, noon + 4));
  CHECK_FALSE(tell("f1", NoticeKind::failed, noon + 5));
  CHECK(tell("b1", NoticeKind::batch));
  CHECK_FALSE(tell("w1", NoticeKind::wake));  // nobody wants it
  CHECK(keys("mail") == Keys{"f1", "b1"});
  CHECK(keys("phone") == Keys{"f1"});
  CHECK(keys("pigeon").empty());
  const store::Delivery one = store().pending("phone")[0];
  CHECK(one.channel == "phone");
  CHECK(one.state == DeliveryState::pending);
  CHECK(one.tries == 0);
  CHECK(one.next_try == noon + 4);
  CHECK_FALSE(one.ended_at);
  CHECK(one.error.empty());
  CHECK(one.notice.kind == NoticeKind::failed);
  CHECK(one.notice.at == noon + 4);
  CHECK(one.notice.job == 3);
  CHECK(one.notice.prompt == "a red circle");
  CHECK(one.notice.detail == "what has happened");
}

TEST_CASE_FIXTURE(Outbox, "a try that failed waits, one that succeeded or is given up ends, each by itself") {
  set({{"mail", {NoticeKind::failed}}, {"phone", {NoticeKind::failed}}});
  for (const char* key : {"a", "b", "c"}) tell(key, NoticeKind::failed);
  const auto id = ids("mail");
  store().note_refused("mail", std::span(id).first(1), noon + 60, "busy");
  store().note_sent("mail", std::span(id).subspan(1, 1), noon + 900, noon + 2);
  store().note_failed("mail", std::span(id).subspan(2, 1), noon + 3, "no such address");
  REQUIRE(keys("mail") == Keys{"a"});
  const store::Delivery waits = store().pending("mail")[0];
  CHECK(waits.tries == 1);
  CHECK(waits.next_try == noon + 60);
  CHECK(waits.error == "busy");
  CHECK_FALSE(waits.ended_at);
  CHECK(keys("phone") == Keys{"a", "b", "c"});
  CHECK(store().channel_full_at("mail") == noon + 900);
  CHECK(store().channel_full_at("phone") == 0);
  CHECK(store().channel_full_at("pigeon") == 0);

  // Pending ones of all channels first, then the newest of the others.
  const auto all = store().deliveries(9);
  REQUIRE(all.size() == 6);
  for (std::size_t k = 0; k < 4; ++k) CHECK(all[k].state == DeliveryState::pending);
  CHECK(all[4].notice.key == "c");
  CHECK(all[4].state == DeliveryState::failed);
  CHECK(all[4].error == "no such address");
  CHECK(all[4].ended_at == noon + 3);
  CHECK(all[4].tries == 1);
  CHECK(all[5].notice.key == "b");
  CHECK(all[5].state == DeliveryState::sent);
  CHECK(all[5].ended_at == noon + 2);
  CHECK(all[5].tries == 1);
  CHECK(store().deliveries(1).size() == 5);
  CHECK(store().deliveries(0).size() == 4);
  auto counts = store().count_deliveries();
  CHECK(counts["mail"][DeliveryState::pending] == 1);
  CHECK(counts["mail"][DeliveryState::sent] == 1);
  CHECK(counts["mail"][DeliveryState::failed] == 1);
  CHECK(counts["phone"][DeliveryState::pending] == 3);

  // What has ended is not told again, nor counted.
  store().note_refused("mail", std::span(id).subspan(1), noon + 90, "late");
  store().note_failed("mail", std::span(id).subspan(1), noon + 90, "late");
  store().note_sent("mail", std::span(id).subspan(2), 0, noon + 90);
  CHECK(keys("mail") == Keys{"a"});
  CHECK(store().deliveries(9)[4].error == "no such address");
  CHECK(store().deliveries(9)[5].tries == 1);
}

TEST_CASE_FIXTURE(Outbox, "something is due from the time of its next try on") {
  CHECK_FALSE(store().any_pending(noon + day));
  set({{"mail", {NoticeKind::failed}}});
  tell("a", NoticeKind::failed, noon);
  CHECK_FALSE(store().any_pending(noon - 1));
  CHECK(store().any_pending(noon));
  store().note_refused("mail", ids("mail"), noon + 60, "busy");
  CHECK_FALSE(store().any_pending(noon + 59));
  CHECK(store().any_pending(noon + 60));
  store().note_sent("mail", ids("mail"), 0, noon + 61);
  CHECK_FALSE(store().any_pending(noon + day));
}

TEST_CASE_FIXTURE(Outbox, "channels that stay keep what is pending, those that go fail it") {
  set({{"mail", {NoticeKind::failed}}, {"phone", {NoticeKind::failed}}});
  tell("a", NoticeKind::failed);
  store().note_sent("mail", ids("mail"), noon + 900, noon);
  tell("b", NoticeKind::failed);
  set({{"mail", {NoticeKind::wake}}}, noon + 7);
  CHECK(keys("mail") == Keys{"b"});
  CHECK(keys("phone").empty());
  CHECK(store().channel_full_at("mail") == noon + 900);
  for (const store::Delivery& one : store().deliveries(9)) {
    if (one.channel != "phone") continue;
    CHECK(one.state == DeliveryState::failed);
    CHECK(one.ended_at == noon + 7);
    CHECK(one.error == "the channel is not configured any more");
  }
  CHECK_FALSE(tell("c", NoticeKind::failed));  // mail wants others now
  CHECK(tell("d", NoticeKind::wake));
  CHECK(keys("mail") == Keys{"b", "d"});
}

TEST_CASE_FIXTURE(Outbox, "what was reported a month ago is forgotten, what is still pending is not") {
  const std::vector<store::ChannelRow> channels = {{"mail", {NoticeKind::failed}}};
  set(channels);
  tell("sent", NoticeKind::failed);
  store().note_sent("mail", ids("mail"), 0, noon);
  tell("pending", NoticeKind::failed);
  set(channels, noon + 30 * day);
  CHECK(store().deliveries(9).size() == 2);
  set(channels, noon + 30 * day + 1);
  REQUIRE(store().deliveries(9).size() == 1);
  CHECK(keys("mail") == Keys{"pending"});
  CHECK(tell("sent", NoticeKind::failed));  // its key is free again
}

TEST_CASE_FIXTURE(Outbox, "a batch tells of each attempt that has ended once, from the first channel on") {
  const auto epoch = store().begin_epoch(store::this_process());
  const auto run = [&](const std::string& name, std::optional<std::int64_t> deadline = {}) {
    store::NewJob job = new_job(path(name));
    job.spec.deadline = deadline;
    const auto id = store().add(std::span(&job, 1), noon)[0];
    return *store().claim(epoch, id, {}, noon + 1);
  };
  store::Bill bill;
  bill.microjoules = 55;
  bill.cost.gross = core::Money::from_micro(66);
  bill.currency = "EUR";
  bill.source = "measured";
  store().finish(epoch, run("before.mp4"), bill, {}, noon + 2);
  set({{"mail", {NoticeKind::batch}}});
  CHECK(store().unreported().empty());

  const auto done = run("a.mp4", noon / 1'000'000 + 60);
  store().finish(epoch, done, bill, {}, noon + 3);
  const auto off = run("b.mp4");
  bill.source = "estimate";
  store().cut_off(epoch, off, bill, {}, {"too often", true, {}}, noon + 4);
  run("c.mp4");  // runs still
  const auto ended = store().unreported();
  REQUIRE(ended.size() == 2);
  CHECK(ended[0].id == done.id);
  CHECK(ended[0].job == done.job);
  CHECK((ended[0].state == store::AttemptState::done));
  CHECK((ended[0].job_state == store::State::done));
  CHECK_FALSE(ended[0].set_aside);
  CHECK(ended[0].prompt == "a red circle");
  CHECK(ended[0].output == path("a.mp4"));
  CHECK(ended[0].deadline == noon / 1'000'000 + 60);
  CHECK(ended[0].started_at == noon + 1);
  CHECK(ended[0].ended_at == noon + 3);
  CHECK(ended[0].microjoules == 55);
  CHECK(ended[0].gross == 66);
  CHECK(ended[0].currency == "EUR");
  CHECK(ended[0].measured);
  CHECK(ended[0].error.empty());
  CHECK_FALSE(ended[1].measured);
  CHECK_FALSE(ended[1].deadline);
  CHECK(ended[1].error == "too often");
  CHECK((ended[1].job_state == store::State::held));
  CHECK_FALSE(ended[1].set_aside);  // by its owner: it has retries left

  const store::Notice batch{0, "batch:1", NoticeKind::batch, noon + 9, {}, "", "{}"};
  CHECK(store().add_batch(batch, done.id));
  CHECK_FALSE(store().add_batch({0, "batch:2", NoticeKind::batch, noon, {}, "", "{}"}, done.id));
  CHECK(keys("mail") == Keys{"batch:1"});
  REQUIRE(store().unreported().size() == 1);
  CHECK(store().unreported()[0].id == off.id);
  CHECK_FALSE(store().pending("mail")[0].notice.job);
}

TEST_CASE_FIXTURE(Outbox, "a job that was cut off more often than it may be tried is reported as set aside") {
  set({{"mail", {NoticeKind::batch}}});
  const auto epoch = store().begin_epoch(store::this_process());
  const auto id = add("a.mp4");
  for (int times = 0; times <= store().job(id).spec.retries; ++times) {
    const auto attempt = store().claim(epoch, id, {}, noon);
    REQUIRE(attempt);
    store().cut_off(epoch, *attempt, {}, {}, {"gone", times == store().job(id).spec.retries, {}}, noon + 1);
  }
  const auto ended = store().unreported();
  REQUIRE(ended.size() == 3);
  CHECK(ended.back().set_aside);
}

TEST_CASE("names of kinds and states of notices are read back") {
  for (const auto kind : {NoticeKind::batch, NoticeKind::failed, NoticeKind::deadline, NoticeKind::wake})
    CHECK(store::notice_kind_named(store::name_of(kind)) == kind);
  CHECK(store::name_of(NoticeKind::deadline) == "deadline");
  CHECK_FALSE(store::notice_kind_named("alarm"));
  CHECK(store::name_of(DeliveryState::pending) == "pending");
  CHECK(store::name_of(DeliveryState::sent) == "sent");
  CHECK(store::name_of(DeliveryState::failed) == "failed");
}
