#include <algorithm>
#include <cstdlib>

#include "sched_program.h"

using namespace turbodiff;
using namespace turbodiff::testing;

namespace {

/// Runs `count` jobs that take `seconds` each and returns which part of the time between the first start and
/// the last end no job ran in.
double idle_share(SchedPlace& place, int count, const std::string& seconds) {
  place.place().set("FAKE_ENGINE_SECONDS", seconds);
  std::string prompts;
  for (int i = 0; i < count; ++i) prompts += fmt::format("circle {}\n", i);
  write_file(place.path("prompts.txt"), prompts);
  REQUIRE(place
              .run({"add", "--prompts", "prompts.txt", "-o", "{index}.mp4", "--steps", "1", "--frames", "5",
                    "--size", "32x32"})
              .code == 0);
  const auto result = place.run({"--tariff", place.path("open.yaml"), "run", "--once", "--engine",
                                 TURBODIFF_SOURCE_DIR "/tests/sched_cli/fake_engine.py"});
  REQUIRE_MESSAGE(result.code == 0, result.err);
  const auto listed = place.json({"list"});
  REQUIRE(listed["jobs"].size() == static_cast<std::size_t>(count));
  double busy_s = 0, first_s = 1e300, last_s = 0;
  for (const auto& one : listed["jobs"]) {
    CHECK(one["state"] == "done");
    busy_s += one["actual"]["seconds"].get<double>();
  }
  // Starts and ends with their fractions are in the events of the store alone; in whole seconds they are told
  // here, and a second more or less does not matter over the whole.
  const auto at = [](const nlohmann::json& text) {
    std::tm time{};
    REQUIRE(::strptime(text.get<std::string>().c_str(), "%Y-%m-%dT%H:%M:%SZ", &time) != nullptr);
    return static_cast<double>(::timegm(&time));
  };
  for (const auto& one : listed["jobs"]) {
    first_s = std::min(first_s, at(one["started"]));
    last_s = std::max(last_s, at(one["finished"]));
  }
  return 1 - busy_s / std::max(1.0, last_s - first_s);
}

}  // namespace

TEST_CASE_FIXTURE(SchedPlace, "many short jobs leave the window idle for hardly any of its time") {
  const double idle = idle_share(*this, 60, "0.2");
  MESSAGE(fmt::format("60 jobs of 0.2 s: idle for {:.1f} % of the time", 100 * idle));
  CHECK(idle < 0.15);
}
