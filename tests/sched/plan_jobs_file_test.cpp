#include "plan/plan_jobs_file.h"

#include "testing.h"

using namespace turbodiff;

TEST_CASE("a file of jobs that nests without end is refused, not followed") {
  const auto read = [](const std::string& json) {
    return plan::read_jobs(json, "jobs.json", [](std::string_view) { return tariff::Seconds{0}; });
  };
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  for (const std::string& json : {deep, "{\"jobs\": " + deep + "}",
                                  R"([{"id": "a", "seconds": 1, "watts": 1, "group": )" + deep + "}]"})
    CHECK(testing::error_of([&] { read(json); }).message() == "jobs.json: JSON is nested too deeply");
  CHECK(read(R"({"jobs": [{"id": 7, "seconds": 1, "watts": 0.5, "after": ["b"]}]})").at(0).id == "7");
}
