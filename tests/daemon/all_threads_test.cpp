// Everything of a daemon that has threads of its own, at once. Under ThreadSanitizer (`make tsan`) a race
// ends the daemon, and with that the test.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include "connect/notify_server.h"
#include "http_daemon.h"
#include "loopback_server.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

const std::string fake_engine = TURBODIFF_SOURCE_DIR "/tests/sched_cli/fake_engine.py";

/// A daemon with a metered GPU, a plug, two channels, a watch folder and the HTTP API.
class BusyDaemon : public HttpDaemon {
 public:
  BusyDaemon()
      : web_("http", path("web.log"), {"500", "ok", "drop"}), other_("http", path("other.log"), {"hang"}) {
    plug_.answer(200, R"({"apower": 120.5, "aenergy": {"total": 12.3}})");
    place().set("LD_LIBRARY_PATH", FAKE_NVML_FOLDER);
    place().set("TURBODIFF_ENERGY_GPU", "on");
    place().set("FAKE_NVML_TRACE", path("trace"));
    write_file(path("trace"), "start 1\nwatts 0 150\n");
    place().set("TURBODIFF_CONFIG", path("config.yaml"));
    write_file(path("config.yaml"),
               "version: 1\nenergy: { plug_type: shelly2, plug_url: \"" + plug_.url("") +
                   "\" }\nwatch: { folder: watch, settle: 0s }\nnotify:\n  retry_delay: 1s\n  channels:\n" +
                   channel("web", web_) + channel("other", other_));
    fs::create_directory(path("watch"));
  }

  void drop(const std::string& name, const std::string& content) const {
    write_file(path("new"), content);
    fs::rename(path("new"), path("watch/" + name));
  }
  /// The JSON of a reply that must be good.
  nlohmann::json get_json(const std::string& address) const {
    const auto reply = http().get(address);
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
    return reply.json();
  }
  bool all_are(const std::string& state, std::size_t count) const {
    const auto jobs = get_json("/api/jobs")["jobs"];
    return static_cast<std::size_t>(std::count_if(jobs.begin(), jobs.end(), [&](const nlohmann::json& job) {
             return job["state"] == state;
           })) >= count;
  }
  /// Whether there was something to tell on the channel, and all of it has been told.
  bool all_sent(const std::string& channel) const {
    const auto channels = json({"notify", "list"})["channels"];
    const auto one = std::find_if(channels.begin(), channels.end(),
                                  [&](const nlohmann::json& found) { return found["name"] == channel; });
    REQUIRE(one != channels.end());
    return (*one)["sent"] > 0 && (*one)["pending"] == 0;
  }
  const NotifyServer& web() const { return web_; }
  LoopbackServer& plug() { return plug_; }

 private:
  static std::string channel(const std::string& name, const NotifyServer& server) {
    return "  - { type: webhook, name: " + name + ", url: \"" + server.url("/hook") +
           "\", events: [batch, failed], timeout: 2s, burst: 100 }\n";
  }
  NotifyServer web_, other_;
  LoopbackServer plug_;
};

/// Asks for the addresses again and again, in threads of its own.
class Crowd {
 public:
  Crowd(LoopbackClient http, std::vector<std::string> addresses) {
    for (const std::string& address : addresses)
      threads_.emplace_back([this, http, address] {
        while (!over_) {
          try {
            const int status = http.get(address).status;
            ++(status < 500 ? good_ : bad_);
          } catch (const std::exception&) {
            ++bad_;
          }
        }
      });
  }
  ~Crowd() { leave(); }
  void leave() {
    over_ = true;
    threads_.clear();
  }
  int good() const { return good_; }
  int bad() const { return bad_; }

 private:
  std::atomic<bool> over_ = false;
  std::atomic<int> good_ = 0, bad_ = 0;
  std::vector<std::jthread> threads_;
};

/// Listen to the page's events until the daemon ends, which it does with this.
class Listeners {
 public:
  Listeners(BusyDaemon& daemon, int count) : daemon_(daemon) {
    for (int i = 0; i < count; ++i)
      threads_.emplace_back([http = daemon.http()] {
        try {
          http.get("/api/events");
        } catch (const std::exception&) {
          return;
        }
      });
  }
  ~Listeners() { daemon_.stop(); }

 private:
  BusyDaemon& daemon_;
  std::vector<std::jthread> threads_;
};

}  // namespace

TEST_CASE_FIXTURE(BusyDaemon, "posts, questions, dropped files, meters and notices at once") {
  start({"--engine", fake_engine, "--retry-delay", "1s"});
  const Listeners listeners(*this, 2);
  {
    Crowd crowd(http(), {"/api/jobs", "/api/status", "/api/summary", "/api/plan", "/api/tariff",
                         "/sdapi/v1/progress", "/api/jobs/1", "/api/jobs/1/video", "/"});
    const std::string async = R"({"prompt":"a red circle","async":true,)" + tiny;
    for (int i = 0; i < 3; ++i) {
      CHECK(http().post("/sdapi/v1/txt2vid", async + "}").status == 202);
      drop(fmt::format("{}.yaml", i),
           "{ prompt: a blue square, steps: 1, frames: 5, size: 32x32, when: now }\n");
      drop(fmt::format("bad-{}.json", i), R"({"prompt": "a", "stepz": 1})");
      CHECK(http().post("/sdapi/v1/txt2vid", R"({"prompt":"a green star",)" + tiny + "}").status == 200);
    }
    const auto held = http().post("/sdapi/v1/txt2vid", async + R"(,"hold":true})").json()["id"].dump();
    CHECK(http().post("/api/jobs/" + held + "/release").status == 200);
    CHECK(http().post("/api/worker/restart").status == 202);
    CHECK(comes_true([&] { return all_are("done", 10); }));
    crowd.leave();
    CHECK(crowd.good() > 0);
    CHECK_MESSAGE(crowd.bad() == 0, told());
  }
  for (int i = 0; i < 3; ++i) {
    CHECK(fs::exists(path(fmt::format("watch/done/{}.yaml", i))));
    CHECK(fs::exists(path(fmt::format("watch/failed/bad-{}.json", i))));
  }
  CHECK(plug().requests() > 0);
  CHECK(job(1)["attempts"][0]["energy"]["method"].get<std::string>().find("nvml") != std::string::npos);
  // The first try is answered 500. What came meanwhile may have gone in one message with it; what comes then
  // is dropped first.
  CHECK(comes_true([&] { return all_sent("web"); }));
  CHECK(http().post("/sdapi/v1/txt2vid", R"({"prompt":"a late circle",)" + tiny + "}").status == 200);
  CHECK(comes_true([&] { return web().did().size() >= 4 && all_sent("web"); }));
}
