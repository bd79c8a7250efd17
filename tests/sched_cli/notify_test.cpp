// Notifications through the real program, to servers and a desktop of the test's own.
#include <csignal>
#include <random>

#include "connect/notify_server.h"
#include "file_modes.h"
#include "power/private_bus.h"
#include "sched_program.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

using Strings = std::vector<std::string>;

const std::string fake_engine = TURBODIFF_SOURCE_DIR "/tests/sched_cli/fake_engine.py";

struct NotifyPlace : SchedPlace {
  NotifyPlace() {
    place().set("TURBODIFF_CONFIG", path("config.yaml"));
    place().set("FAKE_ENGINE_SECONDS", "0.05");
  }
  /// `channels` are the items of the list, two blanks in front of each line.
  void configure(const std::string& channels, const std::string& more = {}) const {
    write_file(path("config.yaml"), "version: 1\nnotify:\n  retry_delay: 1s\n  wait: " + patience_text +
                                        "\n" + more + "  channels:\n" + channels);
  }
  std::string webhook(const NotifyServer& server, const std::string& more = {}) const {
    return "  - { type: webhook, url: \"" + server.url("/hook") + "\"" + more + " }\n";
  }
  Finished once(const Strings& more = {}, const std::string& tariff = "open.yaml") const {
    Strings arguments = {"--tariff", path(tariff), "run", "--once"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(std::move(arguments));
  }
  Finished quick_once(const std::string& tariff = "open.yaml") const {
    return once({"--engine", fake_engine, "--retry-delay", "1s"}, tariff);
  }
  nlohmann::json deliveries() const { return json({"notify", "list"})["deliveries"]; }
  std::unique_ptr<core::Subprocess> daemon() const {
    auto options =
        call({"--tariff", path("open.yaml"), "daemon", "--engine", fake_engine, "--retry-delay", "1s"});
    options.errors = core::SubprocessOptions::Stream::null;
    return std::make_unique<core::Subprocess>(std::move(options));
  }
};

nlohmann::json body_of(const nlohmann::json& entry) {
  return nlohmann::json::parse(from_base64(entry["body"]));
}

}  // namespace

TEST_CASE_FIXTURE(NotifyPlace,
                  "a batch is told of by mail and webhook before run ends, with a picture of its videos") {
  NotifyServer web("http", path("web.log"), {"500"});
  NotifyServer mail("smtp", path("mail.log"), {});
  configure(webhook(web) + "  - { type: email, server: \"" + mail.url() +
            "\", ca_file: mail.log.crt, from: a@example.org, to: b@example.org }\n");
  add("a.mp4");
  add("b.mp4");
  const auto result = once();
  CHECK_MESSAGE(result.code == 0, result.err);
  CHECK(web.did() == Strings{"500", "ok"});
  const auto told = body_of(web.log().back());
  CHECK(schema_violations(read_schema("sched-notify-webhook"), told) == Strings{});
  CHECK(told["title"] == "turbodiff: 2 videos are done");
  CHECK(told["done"] == 2);
  CHECK(told["costs"][0]["currency"] == "EUR");
  CHECK(told["kwh"] > 0);
  CHECK(told["videos"] == nlohmann::json({path("a.mp4"), path("b.mp4")}));
  REQUIRE(mail.did() == Strings{"ok"});
  const std::string text = from_base64(mail.log()[0]["body"]);
  CHECK_MESSAGE(text.find("filename=\"videos.png\"") != std::string::npos, result.err);
  CHECK(read_file(path("jobs.db-files/contact-sheet.png")).starts_with("\x89PNG"));

  const auto list = json({"notify", "list"});
  CHECK(schema_violations(read_schema("sched-notify-list"), list) == Strings{});
  CHECK(list["channels"][0]["sent"] == 1);
  CHECK(list["deliveries"].size() == 2);
  CHECK(run({"notify", "list"}).out.find("webhook") != std::string::npos);
  // Nothing new has ended: nothing is told.
  CHECK(once().code == 0);
  CHECK(web.did().size() == 2);
}

TEST_CASE_FIXTURE(NotifyPlace, "a failure and a deadline that cannot be met are reported once") {
  NotifyServer web("http", path("web.log"), {});
  configure(webhook(web, ", events: [failed, deadline]"));
  add("a.mp4", {"--retries", "0"});
  CHECK(once({"--engine", "/bin/false"}).code == 1);
  add("b.mp4", {"--deadline", "+10m"});
  CHECK(quick_once("closed.yaml").code == 0);
  CHECK(quick_once("closed.yaml").code == 0);
  REQUIRE(web.did() == Strings{"ok", "ok"});
  CHECK(body_of(web.log()[0])["title"] == "turbodiff: job 1 failed");
  CHECK(body_of(web.log()[0])["text"].get<std::string>().find("the engine ended unexpectedly") !=
        std::string::npos);
  CHECK(body_of(web.log()[1])["title"] == "turbodiff: job 2 will miss its deadline");
  // A later deadline that cannot be met either is news.
  CHECK(run({"edit", "2", "--deadline", "+20m"}).code == 0);
  CHECK(quick_once("closed.yaml").code == 0);
  CHECK(web.did().size() == 3);
}

TEST_CASE_FIXTURE(NotifyPlace, "kill -9 between the event and its sending: the message comes, once") {
  NotifyServer web("http", path("web.log"), {"hang", "hang"});
  configure(webhook(web, ", events: [batch]"));
  add("a.mp4");
  for (int i = 0; i < 2; ++i) {
    const auto daemon = this->daemon();
    wait_for(*daemon, [&] { return web.did().size() == static_cast<std::size_t>(i) + 1; });
    daemon->signal(SIGKILL);
    daemon->wait();
    CHECK(deliveries()[0]["state"] == "pending");
  }
  const auto daemon = this->daemon();
  wait_for(*daemon, [&] { return deliveries()[0]["state"] == "sent"; });
  daemon->signal(SIGTERM);
  daemon->wait();
  CHECK(web.did() == Strings{"hang", "hang", "ok"});
  CHECK(body_of(web.log().back())["title"] == "turbodiff: 1 video is done");
}

TEST_CASE_FIXTURE(NotifyPlace, "killed before the batch was noted: the next start tells of it") {
  NotifyServer web("http", path("web.log"), {});
  configure(webhook(web, ", events: [batch]"));
  // The daemon is killed while its second job runs.
  place().set("FAKE_ENGINE_SECONDS", "0.05,3600");
  add("a.mp4");
  add("b.mp4");
  const auto daemon = this->daemon();
  wait_for(*daemon, [&] { return job(1)["state"] == "done"; });
  daemon->signal(SIGKILL);
  daemon->wait();
  CHECK(web.did().empty());
  place().set("FAKE_ENGINE_SECONDS", "0.05");
  CHECK(quick_once().code == 0);
  REQUIRE(web.did() == Strings{"ok"});
  CHECK(body_of(web.log()[0])["done"] == 2);
}

TEST_CASE_FIXTURE(NotifyPlace, "property: whenever it is killed, batches tell of every video once") {
  NotifyServer web("http", path("web.log"), {"500", "hang", "ok", "drop"});
  configure(webhook(web, ", events: [batch], burst: 100, timeout: 1s"));
  constexpr int jobs = 12;
  // However often one of them is cut off.
  for (int i = 0; i < jobs; ++i) add(fmt::format("{}.mp4", i), {"--retries", "1000"});
  std::mt19937 random(11);
  for (int i = 0; i < 10; ++i) {
    const auto daemon = this->daemon();
    daemon->wait(std::uniform_real_distribution(0.05, 0.9)(random));
    daemon->signal(SIGKILL);
    daemon->wait();
  }
  CHECK(quick_once().code == 0);
  std::map<std::string, int> told;  // a message that came twice has the same key
  for (const auto& entry : web.log()) told[entry["headers"]["Idempotency-Key"]] = body_of(entry)["done"];
  int sum = 0;
  for (const auto& [key, done] : told) sum += done;
  CHECK(sum == jobs);
  for (const auto& delivery : deliveries()) CHECK(delivery["state"] == "sent");
}

TEST_CASE_FIXTURE(NotifyPlace, "run waits only so long, and leaves the rest to the next one") {
  NotifyServer web("http", path("web.log"), {"hang"});
  write_file(path("config.yaml"),
             "version: 1\nnotify:\n  wait: 2s\n  channels:\n" + webhook(web, ", timeout: 10m"));
  add("a.mp4");
  // Without the limit it would be the ten minutes of the channel, which no test has.
  CHECK(quick_once().code == 0);
  CHECK(deliveries()[0]["state"] == "pending");
  configure(webhook(web));
  CHECK(quick_once().code == 0);
  CHECK(web.did() == Strings{"hang", "ok"});
}

TEST_CASE_FIXTURE(NotifyPlace, "notify test says for each channel whether it is through") {
  NotifyServer good("http", path("good.log"), {}), bad("http", path("bad.log"), {"403"});
  write_secret(path("key"), "k3y-of-robot\n");
  configure("  - { type: wecom, server: \"" + good.url() +
            "\", key_file: key }\n  - { type: webhook, name: other, url: \"" + bad.url() + "\" }\n");
  const auto both = run({"notify", "test"});
  CHECK(both.code == 1);
  CHECK(both.out ==
        "wecom (wecom): sent\nother (webhook): the webhook answered 403: "
        "{\"ok\":true,\"errcode\":0,\"code\":0}\n");
  const auto one = json({"notify", "test", "wecom"});
  CHECK(schema_violations(read_schema("sched-notify-test"), one) == Strings{});
  CHECK(one["channels"][0]["sent"] == true);
  CHECK(good.did() == Strings{"ok", "ok"});
  CHECK(run({"notify", "test", "othr"}).code == 3);
  CHECK(run({"notify", "test", "othr"}).error_line().find("did you mean 'other'") != std::string::npos);
  fs::remove(path("key"));
  const auto missing = run({"notify", "test"});
  CHECK(missing.code == 2);
  CHECK(missing.error_line().find("notify.channels[0].key_file: cannot read") != std::string::npos);
  CHECK(run({"notify", "list"}).code == 0);
}

TEST_CASE_FIXTURE(NotifyPlace, "the shipped example has every kind of channel") {
  const auto list = json({"--config", TURBODIFF_SOURCE_DIR "/examples/config-notify.yaml", "notify", "list"});
  CHECK(list["channels"].size() == 7);
  CHECK(list["channels"][2]["events"] == nlohmann::json({"failed", "wake"}));
}

TEST_CASE_FIXTURE(NotifyPlace, "a wrong section is refused before anything runs, with every place") {
  configure("  - { type: telegram, token: 12:ab, chat: 1 }\n  - { type: fax }\n");
  add("a.mp4");
  for (const Strings& arguments :
       {Strings{"--tariff", path("open.yaml"), "run", "--once"}, Strings{"notify", "list"}}) {
    const auto result = run(arguments);
    CHECK(result.code == 2);
    CHECK(result.err.find("config.yaml:6:30: notify.channels[0].token is a secret") != std::string::npos);
    CHECK(result.err.find("config.yaml:7:13: notify.channels[1].type must be one of") != std::string::npos);
    CHECK(result.err.find("12:ab") == std::string::npos);
  }
  CHECK(job(1)["state"] == "queued");
}

TEST_CASE_FIXTURE(NotifyPlace, "no secret is ever written anywhere") {
  const Strings secrets = {"s3cret-mail", "s3cret-wecom",  "s3cret:telegram",
                           "s3cret-ntfy", "s3cret-header", "s3cret-url"};
  fs::create_directories(path("secrets"));
  for (const std::string& secret : secrets) write_secret(path("secrets/" + secret.substr(7)), secret + "\n");
  NotifyServer mail("smtp", path("secrets/mail.log"), {"452", "550"});
  const Strings echoes(12, "echo");
  NotifyServer web("http", path("secrets/web.log"), echoes);
  write_secret(path("secrets/url"), web.url("/s3cret-url") + "\n");
  place().set("NTFY_TOKEN", "s3cret-ntfy");
  configure(
      "  - { type: email, server: \"" + mail.url() +
          "\", ca_file: secrets/mail.log.crt, user: me, password_file: secrets/mail, from: a@b, to: c@d }\n"
          "  - { type: wecom, server: \"" +
          web.url() +
          "\", key_file: secrets/wecom }\n"
          "  - { type: telegram, server: \"" +
          web.url() +
          "\", token_file: secrets/telegram, chat: 1 }\n"
          "  - { type: ntfy, server: \"" +
          web.url() +
          "\", topic: nights, token_env: NTFY_TOKEN }\n"
          "  - { type: webhook, url_file: secrets/url, headers: { X-Key: { file: secrets/header } } }\n",
      "  give_up_after: 5s\n");
  add("a.mp4");
  std::string written;
  const auto keep = [&](const Finished& finished) { written += finished.out + finished.err; };
  keep(once({"--verbose", "--engine", fake_engine}));
  keep(run({"notify", "list"}));
  keep(run({"notify", "list", "--json"}));
  keep(run({"notify", "test", "--verbose"}));
  keep(run({"status"}));
  CHECK(written.find("not accepted") != std::string::npos);
  CHECK(written.find("***") != std::string::npos);
  for (const auto& entry : fs::recursive_directory_iterator(place().path("")))
    if (entry.is_regular_file() && entry.path().parent_path() != place().path("secrets"))
      written += read_file(entry.path());
  // Base64 of "me" and the password, as AUTH PLAIN has it, and of the words alone.
  for (const char* word : {"s3cret", "czNjcmV0", "MzY3JldC", "zM2NyZX", "s3cret%"})
    CHECK_MESSAGE(written.find(word) == std::string::npos, word);
}

TEST_CASE_FIXTURE(NotifyPlace, "the desktop of whoever runs it, and a wake alarm that is not set") {
  PrivateBus bus;
  place().set("DBUS_SYSTEM_BUS_ADDRESS", bus.address());
  place().set("DBUS_SESSION_BUS_ADDRESS", bus.address());
  core::SubprocessOptions options;
  options.argv = {"/usr/bin/python3",    "-m", "dbusmock",   "--session", "--template",
                  "notification_daemon", "-l", path("calls")};
  options.environment["DBUS_SESSION_BUS_ADDRESS"] = bus.address();
  core::Subprocess desktop(std::move(options));
  NotifyServer web("http", path("web.log"), {});
  configure("  - { type: desktop }\n" + webhook(web, ", events: wake"));
  write_file(path("config.yaml"),
             read_file(path("config.yaml")) + "power:\n  wake_alarm: " + path("no-alarm") + "\n");
  wait_for(desktop, [&] { return run({"notify", "test", "desktop"}).code == 0; });
  add("a.mp4");
  CHECK(once({"--on-finish", "suspend", "--grace", "0s", "--engine", fake_engine}, "closed.yaml").code == 1);
  const std::string calls = read_file(path("calls"));
  CHECK_MESSAGE(calls.find("Notify \"turbodiff\" 0 \"\" \"turbodiff: a test\"") != std::string::npos, calls);
  CHECK_MESSAGE(calls.find("turbodiff: the wake alarm is not set") != std::string::npos, calls);
  REQUIRE(web.did() == Strings{"ok"});
  CHECK(body_of(web.log()[0])["events"] == nlohmann::json({"wake"}));
  CHECK(body_of(web.log()[0])["text"].get<std::string>().find("the machine stays on") != std::string::npos);
  desktop.terminate(5);
}

TEST_CASE_FIXTURE(NotifyPlace,
                  "a job behind a cancelled one is told of as failed, one behind a held one is not") {
  NotifyServer web("http", path("web.log"), {});
  configure(webhook(web, ", events: [failed, deadline]"));
  add("a.mp4", {"--hold"});
  add("b.mp4", {"--after", "1", "--deadline", "+10h"});
  CHECK(quick_once().code == 0);
  CHECK(web.did().empty());
  CHECK(run({"cancel", "1"}).code == 0);
  CHECK(quick_once().code == 0);
  REQUIRE(web.did() == Strings{"ok"});
  CHECK(body_of(web.log()[0])["title"] == "turbodiff: job 2 failed");
  CHECK(body_of(web.log()[0])["text"].get<std::string>().find("it comes after job 1, which was cancelled") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(NotifyPlace, "who waits behind a held job is told of at his deadline, not before") {
  NotifyServer web("http", path("web.log"), {});
  configure(webhook(web, ", events: [failed, deadline]"));
  add("a.mp4", {"--hold"});
  add("b.mp4", {"--after", "1", "--deadline", "+10h"});
  add("c.mp4", {"--after", "2", "--deadline", "+10h"});
  CHECK(quick_once().code == 0);
  CHECK(deliveries().empty());
  place().set("TURBODIFF_ALLOW_TEST_CLOCK", "1");
  place().set("TURBODIFF_TEST_CLOCK",
              fmt::format("{},{},1", std::time(nullptr) + 11 * 3600, std::time(nullptr)));
  CHECK(quick_once().code == 1);
  std::map<int, std::string> told;
  for (const auto& delivery : deliveries()) told[delivery["job"]] += delivery["event"].get<std::string>();
  CHECK(told == std::map<int, std::string>{{2, "deadline"}, {3, "deadline"}});
  std::string texts;
  for (const auto& entry : web.log()) texts += body_of(entry)["text"].get<std::string>();
  CHECK_MESSAGE(texts.find("it waits for job 1, which is held") != std::string::npos, texts);
}
