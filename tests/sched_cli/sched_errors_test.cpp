#include "sched_program.h"

using namespace turbodiff;
using namespace turbodiff::testing;

TEST_CASE_FIXTURE(SchedPlace, "bad calls end with one line and the right code") {
  struct Bad {
    std::vector<std::string> arguments;
    int code;
    std::string part;
  };
  const std::vector<Bad> cases = {
      {{"plan"}, 2, "cn-two-rate"},
      {{"run", "--once"}, 2, "cn-two-rate"},
      {{"daemon"}, 2, "no tariff"},
      {{"--tariff", "nothing", "plan"}, 2, "no tariff 'nothing'"},
      {{"show", "7"}, 3, "no job 7"},
      {{"cancel", "7"}, 3, "no job 7"},
      {{"log", "7"}, 3, "no job 7"},
      {{"wait", "7"}, 3, "no job 7"},
      {{"add", "x", "--when", "soon"}, 2, "--when"},
      {{"add", "x", "--deadline", "whenever"}, 2, "--deadline"},
      {{"add", "x", "-o", "x.avi"}, 2, "avi"},
      {{"add", "x", "--model", "no-such-model"}, 3, "no-such-model"},
      {{"add", "x", "--steps", "9"}, 2, "steps"},
      {{"add"}, 2, "prompt"},
      {{"list", "--state", "asleep"}, 2, "asleep"},
      {{"frobnicate"}, 2, "unknown command"},
      {{"--tariff", "cn-two-rate", "plan", "--jobs", "none.json"}, 2, "none.json"},
      {{"--tariff", "cn-two-rate", "tariff", "show", "--from", "tomorrow 00:00", "--to", "now"}, 2, "--to"},
  };
  for (const Bad& bad : cases) {
    const Finished finished = run(bad.arguments);
    CAPTURE(finished.err);
    CHECK(finished.code == bad.code);
    CHECK(finished.error_line().find(bad.part) != std::string::npos);
    CHECK(finished.out == "");
  }
}

TEST_CASE_FIXTURE(SchedPlace, "a deadline that cannot be met is refused and nothing is added") {
  const auto soon = run({"add", "x", "--deadline", "+30m", "--tariff", path("closed.yaml")});
  CHECK(soon.code == 4);
  CHECK(soon.error_line().find("cannot be met") != std::string::npos);
  CHECK(json({"list"})["jobs"].empty());
  CHECK(run({"add", "x", "--deadline", "+30m", "--when", "now", "--tariff", path("closed.yaml")}).code == 0);
  CHECK(run({"add", "y", "--deadline", "+30m"}).code == 0);  // without a tariff nothing is known
}

TEST_CASE_FIXTURE(SchedPlace, "a job that can only fail is not added") {
  namespace fs = std::filesystem;
  fs::create_directories(path("m"));
  for (const char* name : {"dit.pth", "vae.pth", "t5.pth", "config.json"})
    fs::copy_file(demo_folder() / name, path("m") + "/" + name);
  const auto no_tokenizer = run({"add", "x", "--model", "./m"});
  CHECK(no_tokenizer.code == 2);
  CHECK(no_tokenizer.error_line().find("there is no tokenizer") != std::string::npos);
  fs::copy_file(demo_folder() / "spiece.model", path("m/spiece.model"));
  CHECK(run({"add", "x", "--model", "./m", "--attention", "sla"}).code == 2);
  fs::rename(path("m/config.json"), path("config.json"));
  CHECK(run({"add", "x", "--model", "./m"}).error_line().find("how many heads") != std::string::npos);
  CHECK(json({"list"})["jobs"].empty());
  fs::rename(path("config.json"), path("m/config.json"));
  CHECK(run({"add", "x", "--model", "./m"}).code == 0);
}

TEST_CASE_FIXTURE(SchedPlace, "two jobs do not write one file, and neither overwrites what is there") {
  add("a.mp4");
  CHECK(run({"add", "x", "-o", "a.mp4"}).error_line().find("job 1 will write") != std::string::npos);
  write_file(path("b.mp4"), "mine");
  CHECK(run({"add", "x", "-o", "b.mp4"}).code == 2);
  CHECK(run({"add", "x", "-o", "b.mp4", "--force"}).code == 0);
}

TEST_CASE_FIXTURE(SchedPlace, "help, version and the manual") {
  CHECK(run({"--version"}).out.find("turbodiff-sched ") == 0);
  for (const char* command : {"add",    "list",  "show",   "log",   "edit",   "hold",   "release",
                              "cancel", "retry", "remove", "wait",  "status", "pause",  "resume",
                              "plan",   "run",   "daemon", "power", "tariff", "energy", "report"})
    CHECK(run({command, "--help"}).code == 0);
  for (const char* shell : {"bash", "zsh", "fish"}) CHECK(run({"completion", shell}).code == 0);
  CHECK(run({"manual"}).out ==
        read_file(std::filesystem::path(TURBODIFF_SOURCE_DIR) / "man/turbodiff-sched.1"));
}

TEST_CASE_FIXTURE(SchedPlace, "every JSON document follows its schema") {
  add("a.mp4");
  add("b.mp4", {"--hold"});
  const auto check = [&](const std::string& schema, std::vector<std::string> arguments) {
    CAPTURE(schema);
    const auto document = json(std::move(arguments));
    const auto problems = schema_violations(read_schema(schema), document);
    for (const std::string& problem : problems) FAIL_CHECK(problem);
  };
  check("sched-list", {"list"});
  check("sched-show", {"show", "1"});
  check("sched-status", {"status"});
  check("sched-plan", {"--tariff", "cn-two-rate", "plan"});
  check("sched-tariff", {"--tariff", "cn-two-rate", "tariff", "show"});
  check("sched-tariffs", {"tariff", "list"});
  check("sched-tariff-check", {"--tariff", "de-day-ahead", "tariff", "check"});
  check("sched-run", {"--tariff", path("open.yaml"), "run", "--once"});
  check("sched-list", {"list"});
  check("sched-show", {"show", "1"});
  check("sched-add", {"add", "x", "-o", "c.mp4"});
  check("sched-log", {"log", "1"});
  check("sched-wait", {"wait", "1"});
}
