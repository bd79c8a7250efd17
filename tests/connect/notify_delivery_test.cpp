// Messages over real connections to servers that fail in between. Pauses are a hundredth of the usual ones.
#include <chrono>
#include <set>
#include <sstream>
#include <thread>

#include "connect/notify_server.h"
#include "core/console.h"
#include "core/text/encoding.h"
#include "file_modes.h"
#include "notify/notify_sender.h"
#include "store/store_fixture.h"

using namespace turbodiff;
using namespace turbodiff::notify;
using namespace turbodiff::testing;
using store::DeliveryState;

namespace {

using Strings = std::vector<std::string>;

struct DeliveryFixture : StoreFixture {
  std::string path_of(const std::string& name) const { return path(name); }

  ChannelSettings channel(ChannelType type) {
    ChannelSettings made;
    made.name = "it";
    made.type = type;
    made.timeout_s = 5 * slowness;
    made.burst = 100;
    write_secret(path("secret"), "s3cret:word\n");
    made.secret = {SecretSource::Kind::file, path("secret"), "key_file", "c.yaml:1:1"};
    return made;
  }

  /// Sends one notice until it is through, with `meanwhile` between tries; how often it was tried, and the
  /// problem of the last failure.
  void deliver(
      const ChannelSettings& settings, const Picture& picture = {},
      const std::function<void()>& meanwhile = [] {}) {
    const std::vector<store::ChannelRow> rows = {{"it", {store::NoticeKind::batch}}};
    store().set_channels(rows, now());
    const BatchSummary batch = summary();
    store().add_notice({0, "batch:1", store::NoticeKind::batch, now(), {}, {}, batch.to_json()});
    const auto channel = make_channel(settings, {});
    NotifySender sender(
        store(), *channel, settings, {0.1, 1, 50}, {"host", [](std::int64_t) { return "then"; }},
        [&](const Message&, const SendStop&) { return picture; }, clock, log);
    const auto begin = std::chrono::steady_clock::now();
    while (const auto next = sender.look({})) {
      REQUIRE(std::chrono::steady_clock::now() - begin < std::chrono::minutes(10));
      meanwhile();
      if (*next > now()) std::this_thread::sleep_for(std::chrono::microseconds(*next - now()));
    }
    result = store().deliveries(10).at(0);
    CHECK(log_text.str().find("s3cret") == std::string::npos);
    CHECK(result.error.find("s3cret") == std::string::npos);
  }
  static BatchSummary summary() {
    BatchSummary batch;
    batch.begin = 1, batch.end = 2;
    batch.done_count = 1;
    batch.done = {{1, "a \"red\" circle, 红色", "/v/1.mp4"}};
    batch.microjoules = 3'600'000'000;
    batch.costs["CNY"] = 250'000;
    return batch;
  }
  store::Micros now() const { return clock.now().time_since_epoch().count(); }

  core::SystemClock clock;
  std::ostringstream log_text;
  core::Console console{log_text, {}};
  core::Log log{console};
  store::Delivery result;
};

/// Of the entries of a mail server's log that took a message.
std::set<std::string> message_ids(const std::vector<nlohmann::json>& log) {
  std::set<std::string> ids;
  for (const auto& entry : log) {
    if (!entry.contains("body")) continue;
    const std::string mail = from_base64(entry["body"]);
    const std::size_t at = mail.find("Message-ID: ");
    ids.insert(mail.substr(at, mail.find('\r', at) - at));
  }
  return ids;
}

}  // namespace

TEST_CASE_FIXTURE(DeliveryFixture,
                  "a webhook that fails in every way gets the message in the end, once answered") {
  const Strings failures = {"500", "drop", "half", "429:1", "hang", "503"};
  NotifyServer server("http", path_of("log"), failures);
  auto settings = channel(ChannelType::webhook);
  settings.target = server.url("/hook");
  settings.content_type = "application/json";
  deliver(settings);
  CHECK(result.state == DeliveryState::sent);
  CHECK(result.tries == 7);
  Strings expected = failures;
  expected.emplace_back("ok");
  CHECK(server.did() == expected);
  std::set<std::string> keys;
  for (const auto& entry : server.log()) keys.insert(entry["headers"]["Idempotency-Key"].get<std::string>());
  CHECK(keys.size() == 1);
  const auto last = server.log().back();
  CHECK(last["headers"]["Authorization"] == "Bearer s3cret:word");
  const auto body = nlohmann::json::parse(from_base64(last["body"]));
  CHECK(body["videos"][0] == "/v/1.mp4");
  CHECK(body["kwh"] == 0.001);
  CHECK(body["costs"][0]["currency"] == "CNY");
}

TEST_CASE_FIXTURE(DeliveryFixture, "what a service refuses is not tried again") {
  NotifyServer server("http", path_of("log"), {"404"});
  auto settings = channel(ChannelType::webhook);
  settings.target = server.url();
  deliver(settings);
  CHECK(result.state == DeliveryState::failed);
  CHECK(server.did() == Strings{"404"});
}

TEST_CASE_FIXTURE(DeliveryFixture, "nobody listens: the message waits, and goes once somebody does") {
  const HeldPort port;
  auto settings = channel(ChannelType::ntfy);
  settings.server = fmt::format("http://127.0.0.1:{}", port.number());
  settings.target = "nights";
  std::unique_ptr<NotifyServer> server;
  deliver(settings, {}, [&] {
    if (!server) server = std::make_unique<NotifyServer>("http", path_of("log"), Strings{}, port.number());
  });
  CHECK(result.state == DeliveryState::sent);
  CHECK(result.tries >= 2);
  REQUIRE(server->did() == Strings{"ok"});
  const auto entry = server->log()[0];
  CHECK(entry["path"] == "/nights");
  CHECK(entry["headers"]["Title"] == "turbodiff: 1 video is done");
  CHECK(entry["headers"]["Priority"] == "default");
  CHECK(from_base64(entry["body"]).find("/v/1.mp4") != std::string::npos);
}

TEST_CASE_FIXTURE(DeliveryFixture, "ntfy gets the picture with the message, or the message alone") {
  NotifyServer server("http", path_of("log"), {"413"});
  auto settings = channel(ChannelType::ntfy);
  settings.server = server.url();
  settings.target = "nights";
  deliver(settings, {"PNG\x01", "/x.png"});
  CHECK(result.state == DeliveryState::sent);
  const auto log_entries = server.log();
  REQUIRE(log_entries.size() == 2);
  CHECK(log_entries[0]["method"] == "PUT");
  CHECK(log_entries[0]["headers"]["Filename"] == "videos.png");
  CHECK(log_entries[0]["headers"]["Message"].get<std::string>().starts_with("=?UTF-8?B?"));
  CHECK(from_base64(log_entries[0]["body"]) == "PNG\x01");
  CHECK(log_entries[1]["method"] == "POST");
  CHECK(log_text.str().find("without its picture") != std::string::npos);
}

TEST_CASE_FIXTURE(DeliveryFixture, "WeChat Work: Markdown, then the picture; its own codes count") {
  NotifyServer server("http", path_of("log"),
                      {"body:{\"errcode\":-1,\"errmsg\":\"busy\"}", "body:<html>", "ok", "500"});
  auto settings = channel(ChannelType::wecom);
  settings.server = server.url();
  const std::string png("PNG\0\x01", 5);
  deliver(settings, {png, "/x.png"});
  CHECK(result.state == DeliveryState::sent);
  const auto log_entries = server.log();
  REQUIRE(log_entries.size() == 4);  // the picture is not worth a second message
  CHECK(log_entries[2]["path"] == "/cgi-bin/webhook/send?key=s3cret%3Aword");
  const auto text = nlohmann::json::parse(from_base64(log_entries[2]["body"]));
  CHECK(text["msgtype"] == "markdown");
  CHECK(text["markdown"]["content"].get<std::string>().starts_with("**turbodiff: 1 video is done**\n"));
  const auto image = nlohmann::json::parse(from_base64(log_entries[3]["body"]));
  CHECK(image["msgtype"] == "image");
  CHECK(from_base64(image["image"]["base64"]) == png);
  CHECK(image["image"]["md5"] == core::md5_hex(png));

  NotifyServer wrong("http", path_of("log2"),
                     {"body:{\"errcode\":93000,\"errmsg\":\"invalid webhook url\"}"});
  settings.server = wrong.url();
  settings.name = "it";
  store().set_channels({}, now());
  CHECK(make_channel(settings, {})
            ->send(test_message("it", 1, {"h", [](std::int64_t) { return ""; }}), {})
            .kind == SendResult::Kind::refused);
}

TEST_CASE_FIXTURE(DeliveryFixture, "Telegram: the text, then the picture; its wait is kept") {
  NotifyServer server("http", path_of("log"), {"429:0"});
  auto settings = channel(ChannelType::telegram);
  settings.server = server.url();
  settings.target = "-100";
  deliver(settings, {"PNG", "/x.png"});
  CHECK(result.state == DeliveryState::sent);
  const auto log_entries = server.log();
  REQUIRE(log_entries.size() == 3);
  CHECK(log_entries[1]["path"] == "/bots3cret:word/sendMessage");
  const auto text = nlohmann::json::parse(from_base64(log_entries[1]["body"]));
  CHECK(text["chat_id"] == "-100");
  CHECK(text["text"].get<std::string>().find("红色") != std::string::npos);
  CHECK(log_entries[2]["path"] == "/bots3cret:word/sendPhoto");
  CHECK(from_base64(log_entries[2]["body"]).find("filename=\"videos.png\"") != std::string::npos);
}

TEST_CASE_FIXTURE(DeliveryFixture, "ServerChan: a form with a short title") {
  NotifyServer server("http", path_of("log"), {});
  auto settings = channel(ChannelType::serverchan);
  settings.server = server.url();
  deliver(settings);
  CHECK(result.state == DeliveryState::sent);
  const auto entry = server.log().at(0);
  CHECK(entry["path"] == "/s3cret%3Aword.send");
  CHECK(from_base64(entry["body"]).starts_with("title=turbodiff%3A%201%20video%20is%20done&desp="));
}

TEST_CASE_FIXTURE(DeliveryFixture, "https: a certificate nobody vouches for is not spoken to") {
  NotifyServer server("https", path_of("log"), {});
  auto settings = channel(ChannelType::webhook);
  settings.target = server.url();
  settings.timeout_s = 60;  // however slow the handshake is
  const Message message = test_message("it", 1, {"h", [](std::int64_t) { return "then"; }});
  const SendResult refused = make_channel(settings, {})->send(message, {});
  CHECK(refused.kind == SendResult::Kind::retry);
  CHECK_MESSAGE(refused.problem.find("certificate") != std::string::npos, refused.problem);
  CHECK(server.log().empty());
  settings.ca_file = server.certificate();
  CHECK(make_channel(settings, {})->send(message, {}).kind == SendResult::Kind::sent);
  CHECK(server.did() == Strings{"ok"});
}

TEST_CASE_FIXTURE(DeliveryFixture, "mail over STARTTLS, with the picture, through every failure") {
  const Strings failures = {"421", "452", "452-data", "drop", "hang", "bare"};
  NotifyServer server("smtp", path_of("log"), failures);
  auto settings = channel(ChannelType::email);
  settings.server = server.url();
  settings.ca_file = server.certificate();
  settings.user = "me";
  settings.from = "me@example.org";
  settings.to = {"a@example.org", "b@example.org"};
  const std::string png("PNG\0\x01\r\n.\r\n", 10);
  deliver(settings, {png, "/x.png"});
  CHECK(result.state == DeliveryState::sent);
  CHECK(result.tries == 7);
  // "bare" would have had to come in the clear: nothing was said there.
  CHECK(server.did() == Strings{"421", "452", "452-data", "drop", "hang", "ok"});
  CHECK(message_ids(server.log()).size() == 1);  // where it came twice, a mail program can tell
  const auto entry = server.log().back();
  CHECK(entry["secure"] == true);
  CHECK(entry["auth"].get<std::string>() == std::string("\0me\0s3cret:word", 15));
  CHECK(entry["to"].size() == 2);
  const std::string mail = from_base64(entry["body"]);
  CHECK(mail.find("Subject: turbodiff: 1 video is done\r\n") != std::string::npos);
  CHECK(mail.find("To: a@example.org, b@example.org\r\n") != std::string::npos);
  CHECK(mail.find("Auto-Submitted: auto-generated\r\n") != std::string::npos);
  CHECK(mail.find("Content-Type: multipart/mixed") != std::string::npos);
  CHECK(mail.find("filename=\"videos.png\"") != std::string::npos);
  CHECK(mail.find(core::base64(png)) != std::string::npos);
}

TEST_CASE_FIXTURE(DeliveryFixture,
                  "mail over TLS from the first byte; a refused recipient is not tried again") {
  NotifyServer server("smtps", path_of("log"), {"550"});
  auto settings = channel(ChannelType::email);
  settings.server = server.url();
  settings.timeout_s = 60;
  settings.from = "me@example.org";
  settings.to = {"a@example.org"};
  settings.secret = {};
  const Message message = test_message("it", 1, {"h", [](std::int64_t) { return "then"; }});
  CHECK(make_channel(settings, {})->send(message, {}).problem.find("certificate") != std::string::npos);
  settings.ca_file = server.certificate();
  deliver(settings);
  CHECK(result.state == DeliveryState::failed);
  CHECK_MESSAGE(result.error.find("550") != std::string::npos, result.error);
  CHECK(make_channel(settings, {})->send(message, {}).kind == SendResult::Kind::sent);
  CHECK(server.did() == Strings{"550", "ok"});
}

TEST_CASE_FIXTURE(DeliveryFixture, "an exchange that hangs ends when it is asked to") {
  NotifyServer server("http", path_of("log"), {"hang"});
  auto settings = channel(ChannelType::webhook);
  settings.target = server.url();
  settings.timeout_s = 600;
  const auto begin = std::chrono::steady_clock::now();
  const SendResult stopped =
      make_channel(settings, {})->send(test_message("it", 1, {"h", [](std::int64_t) { return ""; }}), [&] {
        return std::chrono::steady_clock::now() - begin > std::chrono::milliseconds(200);
      });
  CHECK(stopped.kind == SendResult::Kind::stopped);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::minutes(5));
}
