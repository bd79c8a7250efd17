#include "core/speed_file.h"

#include <fstream>

#include "testing.h"

using namespace turbodiff;
using core::SpeedFile;
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
