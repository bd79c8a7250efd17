// Jobs fail at the deadline that they miss, whatever the daemon does then.
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
