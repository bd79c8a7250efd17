// examples/recipes/tell-and-sleep.yaml
#include "connect/notify_server.h"
#include "file_modes.h"
#include "night_machine.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

struct ToldMachine : NightMachine {
  ToldMachine()
      : web("http", place().text_path("web.log"), {"500"}), mail("smtps", place().text_path("mail.log"), {}) {
    fs::create_directories(home() / ".config/turbodiff/secrets");
    write_secret(home() / ".config/turbodiff/secrets/mail", "hunter2\n");
    use_alarm("");
  }
  void use_alarm(const std::string& alarm) {
    configure("tell-and-sleep.yaml", alarm,
              {{"https://chat.example.org/hooks/night", web.url("/hooks/night")},
               {"smtps://mail.example.org:465", mail.url()},
               {"from: turbodiff@example.org",
                "ca_file: " + mail.certificate() + "\n      from: turbodiff@example.org"}});
  }
  /// What the webhook got and answered with 200.
  std::vector<nlohmann::json> told_by_web() const {
    std::vector<nlohmann::json> bodies;
    for (const auto& entry : web.log())
      if (entry["did"] == "ok") bodies.push_back(nlohmann::json::parse(from_base64(entry["body"])));
    return bodies;
  }
  NotifyServer web, mail;
};

const std::string service = "turbodiff-sched daemon --on-finish shutdown --grace 10m";
const std::string tiny = " --steps 1 --frames 5 --size 32x32";

}  // namespace

TEST_CASE_FIXTURE(ToldMachine,
                  "a batch is told of with its pictures, then the machine is off until the next night") {
  set_time(at(1, 21, 50));
  REQUIRE(shell("turbodiff-sched add 'a red circle' -o a.mp4" + tiny).code == 0);
  REQUIRE(shell("turbodiff-sched add 'a blue square' -o b.mp4" + tiny).code == 0);
  REQUIRE(shell("turbodiff-sched add 'a green circle' -o c.mp4 --earliest +24h" + tiny).code == 0);
  boot(at(1, 21, 56), service);
  const auto powered_off = [&] { return power_offs() > 0; };
  // A program holds a lock: the machine stays on as long, and looks again.
  bus().inhibit("shutdown", "block");
  wait_for("the veto", [&] { return told().find("the machine stays on: a test") != std::string::npos; });
  CHECK_FALSE(powered_off());
  bus().release_inhibitors();
  wait_for("the end of the batch", powered_off);
  CHECK(power_offs() == 1);
  CHECK(now() >= static_cast<double>(at(1, 22, 10)));
  off();

  // Told before the machine went off, the webhook at its second try.
  const auto bodies = told_by_web();
  REQUIRE(bodies.size() == 1);
  CHECK(bodies[0]["events"] == nlohmann::json({"batch"}));
  CHECK(bodies[0]["title"] == "turbodiff: 2 videos are done");
  CHECK(bodies[0]["costs"][0]["currency"] == "CNY");
  REQUIRE(mail.did() == std::vector<std::string>{"ok"});
  CHECK(from_base64(mail.log()[0]["body"]).find("filename=\"videos.png\"") != std::string::npos);
  CHECK(told().find("hunter2") == std::string::npos);

  const auto waiting = json("list --state queued")["jobs"];
  REQUIRE(waiting.size() == 1);
  const std::int64_t start = instant(waiting[0]["planned_start"]);
  CHECK(start >= at(2, 22));
  REQUIRE(alarm() == start - 210);
  boot(alarm() + 90, service);
  wait_for("the second night", powered_off);
  off();
  check_done(jobs(), at(1, 22), at(3, 8), 0.45);
  CHECK(told_by_web().size() == 2);
  CHECK(alarm() == 0);
}

TEST_CASE_FIXTURE(ToldMachine, "where the alarm does not read back the machine stays on, and says so") {
  use_alarm("/dev/null");
  set_time(at(1, 22));
  REQUIRE(shell("turbodiff-sched add 'a red circle' -o a.mp4" + tiny).code == 0);
  REQUIRE(shell("turbodiff-sched add 'a green circle' -o c.mp4 --earliest +24h" + tiny).code == 0);
  boot(at(1, 22, 1), service);
  // In one message or two: what waits while the webhook fails goes together.
  const auto text_about = [&](const char* event) -> std::string {
    for (const auto& body : told_by_web())
      for (const auto& one : body["events"])
        if (one == event) return body["text"];
    return {};
  };
  wait_for("the messages", [&] { return !text_about("wake").empty() && !text_about("batch").empty(); });
  CHECK(text_about("wake").find("/dev/null") != std::string::npos);
  CHECK(power_offs() == 0);
  off();
}
