#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>

#include "sched_program.h"

using namespace turbodiff;
using namespace turbodiff::testing;

namespace {

/// Which part of the time between the first start and the last end no attempt ran in.
double idle_share(const std::string& store) {
  SQLite::Database db(store, SQLite::OPEN_READONLY);
  SQLite::Statement attempts(db,
                             "SELECT a.started_at, a.started_at + e.microseconds FROM attempts a "
                             "JOIN energy e ON e.attempt_id = a.id ORDER BY a.started_at");
  std::int64_t first = -1, busy = 0, reached = 0;
  while (attempts.executeStep()) {
    const std::int64_t begin = attempts.getColumn(0).getInt64(), end = attempts.getColumn(1).getInt64();
    REQUIRE(begin < end);
    if (first < 0) first = reached = begin;
    busy += std::max<std::int64_t>(0, end - std::max(reached, begin));
    reached = std::max(reached, end);
  }
  REQUIRE(busy > 0);
  return 1 - static_cast<double>(busy) / static_cast<double>(reached - first);
}

}  // namespace

TEST_CASE_FIXTURE(SchedPlace, "short jobs leave the window idle for hardly any of its time") {
  constexpr std::size_t count = 12;
  place().set("FAKE_ENGINE_SECONDS", "1");
  std::string prompts;
  for (std::size_t i = 0; i < count; ++i) prompts += fmt::format("circle {}\n", i);
  write_file(path("prompts.txt"), prompts);
  REQUIRE(run({"add", "--prompts", "prompts.txt", "-o", "{index}.mp4", "--steps", "1", "--frames", "5",
               "--size", "32x32"})
              .code == 0);
  const auto result = run({"--tariff", path("open.yaml"), "run", "--once", "--engine",
                           TURBODIFF_SOURCE_DIR "/tests/sched_cli/fake_engine.py"});
  REQUIRE_MESSAGE(result.code == 0, result.err);
  const auto listed = json({"list"});
  REQUIRE(listed["jobs"].size() == count);
  for (const auto& one : listed["jobs"]) CHECK(one["state"] == "done");
  const double idle = idle_share(path("jobs.db"));
  MESSAGE(fmt::format("{} jobs of a second: idle for {:.1f} % of the time", count, 100 * idle));
  CHECK(idle < 0.05 * slowness);
}
