#include "core/speed_file.h"

#include <sched.h>

#include <fstream>

#include "testing.h"

using namespace turbodiff;
using core::SpeedFile;
using core::SpeedOf;
using testing::TempDir;

TEST_CASE("figures are kept from one process to the next, each by its name") {
  const TempDir cache;
  const auto folder = cache.path() / "made" / "when needed";
  CHECK_FALSE(SpeedFile(folder, "1").find("a"));
  SpeedFile(folder, "1").keep("a", 2.5);
  SpeedFile(folder, "1").keep("b", 1e12);
  CHECK(SpeedFile(folder, "1").find("a") == 2.5);
  CHECK(SpeedFile(folder, "1").find("b") == 1e12);
  SpeedFile(folder, "1").keep("a", 3);
  CHECK(SpeedFile(folder, "1").find("a") == 3);
  CHECK(SpeedFile(folder, "1").find("b") == 1e12);
}

TEST_CASE("figures of another program, and files that say nothing, count as absent") {
  const TempDir cache;
  SpeedFile(cache.path(), "1").keep("a", 2.5);
  CHECK_FALSE(SpeedFile(cache.path(), "2").find("a"));
  SpeedFile(cache.path(), "2").keep("b", 4);
  CHECK_FALSE(SpeedFile(cache.path(), "2").find("a"));
  for (const char* text : {"", "[]", "{", "{\"machine\": 3, \"figures\": {\"b\": 1}}"}) {
    std::ofstream(cache.path() / "speed.json") << text;
    CHECK_FALSE(SpeedFile(cache.path(), "2").find("b"));
  }
  SpeedFile(cache.path(), "2").keep("b", -1);
  CHECK_FALSE(SpeedFile(cache.path(), "2").find("b"));
}

TEST_CASE("without a folder, or where none can be made, nothing is kept and nothing fails") {
  SpeedFile({}, "1").keep("a", 2.5);
  CHECK_FALSE(SpeedFile({}, "1").find("a"));
  const TempDir cache;
  std::ofstream(cache.path() / "file") << "x";
  SpeedFile(cache.path() / "file", "1").keep("a", 2.5);
  CHECK_FALSE(SpeedFile(cache.path() / "file", "1").find("a"));
}

TEST_CASE("figures of one core hold for any number of cores, the others for theirs") {
  const TempDir cache;
  cpu_set_t all;
  REQUIRE(sched_getaffinity(0, sizeof all, &all) == 0);
  SpeedFile(cache.path(), "1").keep("a", 2.5);
  SpeedFile(cache.path(), "1").keep("a", 4, SpeedOf::core);
  CHECK(SpeedFile(cache.path(), "1").find("a") == 2.5);
  cpu_set_t one;
  CPU_ZERO(&one);
  for (std::size_t cpu = 0; CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  const auto of_core = SpeedFile(cache.path(), "1").find("a", SpeedOf::core);
  const auto of_cores = SpeedFile(cache.path(), "1").find("a");
  SpeedFile(cache.path(), "1").keep("a", 1.5);
  REQUIRE(sched_setaffinity(0, sizeof all, &all) == 0);
  CHECK(of_core == 4);
  CHECK(of_cores.has_value() == (CPU_COUNT(&all) == 1));
  CHECK(SpeedFile(cache.path(), "1").find("a") == (CPU_COUNT(&all) == 1 ? 1.5 : 2.5));
}
