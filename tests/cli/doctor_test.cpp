#include <set>

#include "turbodiff_process.h"

using namespace turbodiff;
using testing::Workplace;

TEST_CASE("doctor finds this build well") {
  const auto result = Workplace().run({"doctor", "--json"});
  CHECK(result.code == 0);
  const auto document = result.json();
  CHECK(document["ok"] == true);
  std::set<std::string> names;
  for (const auto& check : document["checks"]) {
    CHECK(check["status"] != "FAIL");
    names.insert(check["name"]);
  }
  CHECK(names.contains("operators"));
}

TEST_CASE("doctor says what is wrong and what to do") {
  Workplace place;
  testing::write_file(place.path("broken.yaml"), "version: 1\nmodel: demo\n");
  const auto result = place.run({"doctor", "--config", "broken.yaml"});
  CHECK(result.code == 1);
  CHECK(result.out.find("FAIL  settings") != std::string::npos);
  CHECK(result.out.find("broken.yaml:2") != std::string::npos);
}

TEST_CASE("--show-config names the source of every value") {
  Workplace place;
  place.set("TURBODIFF_STEPS", "3");
  testing::write_file(place.path("c.yaml"), "version: 1\ngenerate:\n  fps: 12\n");
  const auto document = place.run({"doctor", "--show-config", "--config", "c.yaml", "--json"}).json();
  const auto entry = [&](const std::string& key) {
    for (const auto& value : document["config"])
      if (value["key"] == key) return value;
    return nlohmann::json();
  };
  CHECK(entry("generate.steps")["source"] == "environment");
  CHECK(entry("generate.fps")["value"] == "12");
  CHECK(entry("generate.fps")["where"].get<std::string>().find("c.yaml:3") != std::string::npos);
  CHECK(entry("generate.device")["source"] == "default");
}

TEST_CASE("a test clock is refused unless it is allowed, and then both programs and the doctor say so") {
  Workplace place;
  place.set("TURBODIFF_TEST_CLOCK", "2000000000,1000000000,60");
  const auto refused = place.run({"doctor"});
  CHECK(refused.code == 2);
  CHECK(refused.error_line().find("TURBODIFF_ALLOW_TEST_CLOCK=1") != std::string::npos);
  place.set("TURBODIFF_ALLOW_TEST_CLOCK", "yes");
  CHECK(place.run({"doctor"}).code == 2);
  place.set("TURBODIFF_ALLOW_TEST_CLOCK", "1");
  const auto allowed = place.run({"doctor"});
  CHECK(allowed.code == 0);
  CHECK(allowed.err.find("a test clock is in force") != std::string::npos);
  CHECK(allowed.out.find("warn  clock") != std::string::npos);
}
