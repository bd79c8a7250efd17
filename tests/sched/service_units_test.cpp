#include "sched/service_units.h"

#include "testing.h"

using namespace turbodiff;
using sched::unit_word;

TEST_CASE("words of a command line are quoted for systemd") {
  CHECK(unit_word("daemon") == "daemon");
  CHECK(unit_word("") == "\"\"");
  CHECK(unit_word("/a folder/x") == "\"/a folder/x\"");
  CHECK(unit_word("100%") == "100%%");
  CHECK(unit_word("$HOME") == "$$HOME");
  CHECK(unit_word("say \"a\\b\"") == "\"say \\\"a\\\\b\\\"\"");
}

namespace {

tariff::PriceCurve curve(const std::vector<std::pair<int, bool>>& hours) {
  std::vector<tariff::Segment> segments;
  for (std::size_t i = 0; i + 1 < hours.size(); ++i)
    segments.push_back(
        {.start = hours[i].first * 3600, .end = hours[i + 1].first * 3600, .off_peak = hours[i].second});
  return tariff::PriceCurve(segments);
}

}  // namespace

TEST_CASE("a timer fires where off-peak time begins, in the tariff's zone") {
  const auto shanghai = tariff::LocalZone::find("Asia/Shanghai").value();
  // 14:00 UTC is 22:00 there; off-peak time at the start of the curve has no beginning in it.
  const auto nights = curve(
      {{0, true}, {1, false}, {14, true}, {24, true}, {25, false}, {38, true}, {48, true}, {49, false}});
  CHECK(sched::window_starts(nights, shanghai) == std::vector<std::string>{"*-*-* 22:00:00 Asia/Shanghai"});
  CHECK(sched::window_starts(curve({{0, false}, {24, false}}), shanghai) ==
        std::vector<std::string>{"hourly"});
  CHECK(sched::window_starts(curve({{0, true}, {24, true}}), shanghai) == std::vector<std::string>{"hourly"});
  const auto many = curve({{0, false},
                           {2, true},
                           {3, false},
                           {5, true},
                           {6, false},
                           {8, true},
                           {9, false},
                           {12, true},
                           {13, false},
                           {15, true},
                           {16, false}});
  CHECK(sched::window_starts(many, shanghai) == std::vector<std::string>{"hourly"});
  CHECK(sched::window_starts(many, shanghai, 5).size() == 5);
}

TEST_CASE("the daemon is a service that tells when it is ready; run --once has a timer") {
  sched::ServiceSettings settings{.program = "/opt/my tools/turbodiff-sched",
                                  .global = {"--tariff", "cn-two-rate"},
                                  .options = {"--watch", "/in box"}};
  const auto daemon = sched::service_units(settings);
  REQUIRE(daemon.size() == 1);
  CHECK(daemon[0].name == "turbodiff-sched.service");
  CHECK(
      daemon[0].text.find(
          "ExecStart=\"/opt/my tools/turbodiff-sched\" --tariff cn-two-rate daemon --watch \"/in box\"\n") !=
      std::string::npos);
  CHECK(daemon[0].text.find("Type=notify\n") != std::string::npos);
  CHECK(daemon[0].text.find("WantedBy=default.target\n") != std::string::npos);
  CHECK(daemon[0].text.find("User=") == std::string::npos);
  settings.once = settings.system = true;
  settings.calendar = {"*-*-* 22:00:00 Asia/Shanghai"};
  const auto once = sched::service_units(settings);
  REQUIRE(once.size() == 2);
  CHECK(once[0].text.find("run --once") != std::string::npos);
  CHECK(once[0].text.find("[Install]") == std::string::npos);
  CHECK(once[0].text.find("User=root\n") != std::string::npos);
  CHECK(once[1].name == "turbodiff-once.timer");
  CHECK(once[1].text.find("OnCalendar=*-*-* 22:00:00 Asia/Shanghai\n") != std::string::npos);
  CHECK(once[1].text.find("WakeSystem=yes\n") != std::string::npos);
}
