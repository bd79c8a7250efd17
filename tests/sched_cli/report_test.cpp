#include "sched_program.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

/// A script of tests/report with these arguments; its complaint must be empty.
std::string complaint_of(const std::string& script, std::vector<std::string> arguments) {
  core::SubprocessOptions options;
  options.argv = {"python3", std::string(TURBODIFF_SOURCE_DIR) + "/tests/report/" + script};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.output = options.errors = core::SubprocessOptions::Stream::pipe;
  const auto completed = core::run_process(std::move(options));
  return completed.status.code == 0 ? std::string() : completed.output + completed.errors + "failed";
}

void check_schema(const std::string& name, const nlohmann::json& document) {
  for (const std::string& violation : schema_violations(read_schema(name), document)) FAIL_CHECK(violation);
}

}  // namespace

TEST_CASE_FIXTURE(SchedPlace, "a report of a night adds up in every form") {
  CHECK(json({"report"})["rows"].empty());
  const auto nothing = run({"report"});
  CHECK(nothing.code == 0);
  CHECK(nothing.out == "no attempts to run a job have ended in this span\n");

  add("a.mp4");
  add("b.mp4");
  CHECK(json({"add", "=1+1 <script>alert(1)</script> \"x\"", "--steps", "1", "--frames", "5", "--size",
              "32x32", "-o", "c.mp4"})["ids"][0] == 3);
  write_file(path("b.mp4"), "in the way");
  run({"--tariff", path("open.yaml"), "run", "--once"});
  CHECK(job(2)["state"] == "failed");

  for (const char* by : {"job", "day", "hour", "rate", "model", "month", "gpu"}) {
    CAPTURE(by);
    const auto report = json({"report", "--by", by});
    check_schema("sched-report", report);
    CHECK(report["by"] == by);
    CHECK(report["jobs"] == 3);
    REQUIRE(report["totals"].size() == 1);
    CHECK(report["totals"][0]["currency"] == "EUR");
    for (const char* format : {"csv", "json"})
      CHECK(run({"report", "--by", by, "--force", "-o", path(std::string("r.") + format)}).code == 0);
    CHECK(complaint_of("readd.py", {path("r.csv"), path("r.json"), path("jobs.db")}) == "");
    CHECK(run({"report", "--by", by, "--force", "-o", path("r.html")}).code == 0);
    CHECK(complaint_of("page_check.py", {path("r.html")}) == "");
  }
  const auto rows = json({"report", "--shares", "70/20/10"})["rows"];
  CHECK(rows[0]["id"] == 1);
  CHECK(rows[0]["rates"] == nlohmann::json{"valley"});
  CHECK(rows[1]["failed_attempts"] == 1);
  CHECK(rows[1]["error"].get<std::string>().find("exists already") != std::string::npos);
  CHECK(rows[2]["prompt"] == "=1+1 <script>alert(1)</script> \"x\"");
  CHECK(rows[0]["whole_cost"].get<double>() >= rows[0]["cost"].get<double>());
  CHECK(run({"report"}).out.find("total") != std::string::npos);
  CHECK(run({"report", "--format", "prometheus"}).out.find("rate=\"valley\",currency=\"EUR\"") !=
        std::string::npos);
  CHECK(json({"report", "--to", "2026-01-01"})["rows"].empty());
}

TEST_CASE_FIXTURE(SchedPlace, "a report is written whole, over nothing, and only as asked") {
  write_file(path("r.csv"), "mine");
  CHECK(run({"report", "-o", "r.csv"}).code == 2);
  CHECK(read_file(path("r.csv")) == "mine");
  const auto written = json({"report", "-o", "r.csv", "--force"});
  check_schema("sched-report-file", written);
  CHECK(written["format"] == "csv");
  CHECK(read_file(path("r.csv")).starts_with("kind,id,"));
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--by", "week"},
                                             {"--format", "pdf"},
                                             {"--from", "yesterdayish"},
                                             {"--from", "2026-01-02", "--to", "2026-01-01"},
                                             {"--shares", "70/20"},
                                             {"--json", "--format", "csv"},
                                             {"-o", "r.csv/below/a/file.csv"},
                                             {"-o", ""}}) {
    std::vector<std::string> arguments = {"report"};
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    const auto result = run(arguments);
    CHECK_MESSAGE(result.code == 2, result.out << result.err);
  }
}
