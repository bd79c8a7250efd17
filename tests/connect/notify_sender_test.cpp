// The outbox and a channel's way through it, by a clock that the test moves.
#include "notify/notify_sender.h"

#include <deque>
#include <sstream>

#include "core/console.h"
#include "store/store_fixture.h"

using namespace turbodiff;
using namespace turbodiff::notify;
using namespace turbodiff::testing;
using store::DeliveryState;
using store::NoticeKind;
using Kind = SendResult::Kind;

namespace {

/// Takes what it is told to, and remembers the titles.
class FakeChannel final : public Channel {
 public:
  FakeChannel() : Channel({"hunter2"}) {}
  std::deque<SendResult> results;
  std::vector<std::string> told;

 private:
  SendResult deliver(const Message& message, const SendStop&) override {
    told.push_back(message.title);
    if (results.empty()) return {};
    SendResult result = results.front();
    results.pop_front();
    if (result.problem == "throw") throw Error::work_failed("no connection with hunter2");
    return result;
  }
};

struct SenderFixture : StoreFixture {
  SenderFixture() { listen(); }
  void listen(std::vector<NoticeKind> kinds = {NoticeKind::failed, NoticeKind::deadline}) {
    const std::vector<store::ChannelRow> rows = {{"mail", std::move(kinds)}};
    store().set_channels(rows, now());
  }
  store::Micros now() const { return clock.now().time_since_epoch().count(); }
  bool tell(const std::string& key, NoticeKind kind = NoticeKind::failed) {
    return store().add_notice({0, key, kind, now(), 1, "a red circle", "no memory"});
  }
  /// Seconds until the next look; -1: nothing is pending.
  double look() {
    const auto next = sender.look({});
    return next ? static_cast<double>(*next - now()) / 1e6 : -1;
  }
  std::map<DeliveryState, std::int64_t> counts() { return store().count_deliveries()["mail"]; }

  core::ManualClock clock{core::WallTime(std::chrono::microseconds(noon))};
  std::ostringstream log_text;
  core::Console console{log_text, {}};
  core::Log log{console};
  FakeChannel channel;
  NotifySender sender{store(),
                      channel,
                      settings_named(),
                      {10, 3600, 86400},
                      {"host", [](std::int64_t) { return "then"; }},
                      {},
                      clock,
                      log};

 private:
  static ChannelSettings settings_named() {
    ChannelSettings named;
    named.name = "mail";
    named.burst = 2;
    named.interval_s = 60;
    return named;
  }
};

}  // namespace

TEST_CASE_FIXTURE(SenderFixture, "a notice goes once, and what is reported twice is sent once") {
  CHECK(look() == -1);
  CHECK(tell("failed:1"));
  CHECK_FALSE(tell("failed:1"));
  CHECK_FALSE(tell("wake:1", NoticeKind::wake));  // nobody wants to know
  look();
  CHECK(look() == -1);
  CHECK(channel.told == std::vector<std::string>{"turbodiff: job 1 failed"});
  CHECK(counts() == std::map<DeliveryState, std::int64_t>{{DeliveryState::sent, 1}});
  CHECK_FALSE(tell("failed:1"));
}

TEST_CASE_FIXTURE(SenderFixture, "what a channel may not send yet goes together later") {
  for (const char* key : {"a", "b"}) {
    tell(key);
    look();
  }
  for (const char* key : {"c", "d", "e"}) tell(key);
  CHECK(look() == doctest::Approx(60));
  CHECK(channel.told.size() == 2);
  clock.advance(60.001);
  look();
  CHECK(channel.told.back() == "turbodiff: job 1 failed, and 2 more notices");
  CHECK(look() == -1);
  CHECK(counts()[DeliveryState::sent] == 5);
}

TEST_CASE_FIXTURE(SenderFixture, "pauses grow, a service's own is kept, and the answer at last counts") {
  channel.results = {{Kind::retry, "throw"},
                     {Kind::retry, "busy"},
                     {Kind::retry, "busy", 500.0},
                     {Kind::retry, "busy", 1e9}};
  tell("a");
  double pause = look();
  CHECK(pause >= 10);
  CHECK(pause <= 12.5);
  CHECK(look() == doctest::Approx(pause));  // not before it is over
  CHECK(channel.told.size() == 1);
  CHECK(store().pending("mail")[0].error == "no connection with ***");
  clock.advance(pause + 0.001);
  pause = look();
  CHECK(pause >= 20);
  CHECK(pause <= 25);
  clock.advance(pause + 0.001);
  pause = look();
  CHECK(pause == doctest::Approx(500));
  clock.advance(pause + 0.001);
  pause = look();
  CHECK(pause >= 3600);
  CHECK(pause <= 4500);
  clock.advance(pause + 0.001);
  look();
  CHECK(channel.told.size() == 5);
  CHECK(counts() == std::map<DeliveryState, std::int64_t>{{DeliveryState::sent, 1}});
  CHECK(log_text.str().find("hunter2") == std::string::npos);
}

TEST_CASE_FIXTURE(SenderFixture, "it is given up once it is too old, or at once when it is refused") {
  for (int i = 0; i < 60; ++i) channel.results.push_back({Kind::retry, "busy"});
  tell("a");
  double pause = 0;
  int tries = 0;
  while ((pause = look()) > 0) {
    ++tries;
    clock.advance(pause + 0.001);
  }
  CHECK(counts() == std::map<DeliveryState, std::int64_t>{{DeliveryState::failed, 1}});
  CHECK(tries > 20);
  CHECK(tries < 45);
  CHECK(log_text.str().find("discarded: busy") != std::string::npos);
  channel.results = {{Kind::refused, "wrong key"}};
  tell("b");
  look();
  CHECK(look() == -1);
  CHECK(counts()[DeliveryState::failed] == 2);
  CHECK(store().deliveries(1)[0].error == "wrong key");
}

TEST_CASE_FIXTURE(SenderFixture, "a clock that was set back holds nothing up") {
  channel.results = {{Kind::retry, "busy"}};
  tell("a");
  look();
  clock.advance(-40'000'000);
  look();
  CHECK(channel.told.size() == 2);
  CHECK(counts()[DeliveryState::sent] == 1);
}

TEST_CASE_FIXTURE(SenderFixture, "a stopped exchange changes nothing") {
  channel.results = {{Kind::stopped}};
  tell("a");
  CHECK(look() == 0);
  CHECK(store().pending("mail")[0].tries == 0);
}

TEST_CASE_FIXTURE(SenderFixture, "channels that are gone have failed, new ones begin with what comes") {
  tell("a");
  const std::vector<store::ChannelRow> other = {{"chat", {NoticeKind::failed}}};
  store().set_channels(other, now());
  CHECK(counts() == std::map<DeliveryState, std::int64_t>{{DeliveryState::failed, 1}});
  CHECK(store().pending("chat").empty());
  tell("b");
  CHECK(store().pending("chat").size() == 1);
  store().set_channels({}, now());
  CHECK_FALSE(tell("c"));
  clock.advance(31 * 86400.0);
  store().set_channels({}, now());
  CHECK(store().deliveries(10).empty());
}

TEST_CASE_FIXTURE(SenderFixture,
                  "a job that fails for good is told of with its last attempt, a retry is not") {
  const auto id = add("a.mp4");
  const auto epoch = store().begin_epoch(store::this_process());
  for (const bool last : {false, true}) {
    const auto attempt = store().claim(epoch, id, {}, now());
    REQUIRE(attempt);
    store().fail(epoch, *attempt, {}, {}, 1, "no memory", last ? std::nullopt : std::optional(now()), now());
    CHECK(store().pending("mail").size() == (last ? 1 : 0));
  }
  const store::Notice notice = store().pending("mail")[0].notice;
  CHECK(notice.key == "failed:2");
  CHECK(notice.job == id);
  CHECK(notice.detail == "no memory");
}

TEST_CASE_FIXTURE(SenderFixture, "a batch tells of each attempt once, whoever comes first") {
  listen({NoticeKind::batch});
  add("a.mp4");
  const auto epoch = store().begin_epoch(store::this_process());
  const auto attempt = store().claim(epoch, 1, {}, now());
  CHECK(store().unreported().empty());
  store().finish(epoch, *attempt, {}, {}, now());
  REQUIRE(store().unreported().size() == 1);
  const store::Notice notice{0, "batch:1", NoticeKind::batch, now(), {}, {}, "{}"};
  CHECK(store().add_batch(notice, 1));
  CHECK_FALSE(store().add_batch(notice, 1));
  CHECK(store().unreported().empty());
  CHECK(store().pending("mail").size() == 1);
}
