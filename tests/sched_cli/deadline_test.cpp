// Jobs fail at the deadline that they miss, whatever the daemon does then.
#include <chrono>
#include <thread>

#include "http_daemon.h"

using namespace turbodiff;
using namespace turbodiff::testing;

namespace {

/// A daemon to which a second is a minute, and which wakes up for no meter.
class QuickDays : public HttpDaemon {
 public:
  QuickDays() {
    place().set("TURBODIFF_ENERGY_CPU", "off");
    const auto now = std::time(nullptr);
    place().set("TURBODIFF_ALLOW_TEST_CLOCK", "1");
    place().set("TURBODIFF_TEST_CLOCK", fmt::format("{},{},60", now, now));
  }
  /// Unlike `wait`, this only looks.
  bool comes_to(std::int64_t id, const std::string& state) const {
    return comes_true([&] { return job(id)["state"] == state; });
  }
};

}  // namespace

TEST_CASE_FIXTURE(QuickDays, "a job of a paused queue fails at its deadline") {
  start_quick();
  CHECK(run({"pause"}).code == 0);
  add("a.mp4", {"--when", "now", "--deadline", "+10m"});
  REQUIRE(comes_to(1, "failed"));
  CHECK(job(1)["error"].get<std::string>().find("its deadline passed") == 0);
}

TEST_CASE_FIXTURE(QuickDays, "a job behind one that overruns fails at its deadline, while that one runs") {
  place().set("FAKE_ENGINE_UNTIL", path("go-on"));
  start_quick();
  add("a.mp4", {"--when", "now"});
  REQUIRE(comes_to(1, "running"));
  add("b.mp4", {"--when", "now", "--deadline", "+10m"});
  add("c.mp4", {"--when", "now", "--deadline", "+100h"});
  REQUIRE(comes_to(2, "failed"));
  CHECK(job(1)["state"] == "running");
  CHECK(job(3)["state"] == "queued");
  write_file(path("go-on"), "");
  CHECK(comes_to(3, "done"));
}

TEST_CASE_FIXTURE(
    SchedPlace,
    "a night that ends with jobs past their deadline does not end well, and retry lets them run") {
  add("a.mp4", {"--when", "off-peak", "--deadline", "+1s"});
  add("b.mp4", {"--after", "1", "--when", "now"});
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  const auto night = run({"--tariff", path("closed.yaml"), "run", "--once", "--json"});
  CHECK(night.code == 1);
  CHECK(night.json()["failed"] == 2);
  CHECK(night.err.find("will miss") == std::string::npos);
  CHECK(run({"retry", "1"}).err == "job 1: queued without its deadline, which has passed\n");
  CHECK(job(2)["state"] == "queued");
}
