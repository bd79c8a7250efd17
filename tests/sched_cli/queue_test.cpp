#include "sched_program.h"

using namespace turbodiff;
using namespace turbodiff::testing;

TEST_CASE_FIXTURE(SchedPlace, "jobs are added, listed, changed and removed") {
  CHECK(json({"list"})["jobs"].empty());
  CHECK(add("a.mp4") == 1);
  CHECK(add("b.mp4", {"--priority", "5", "--after", "1", "--deadline", "tomorrow 06:30", "--hold"}) == 2);
  auto jobs = json({"list"})["jobs"];
  REQUIRE(jobs.size() == 2);
  CHECK(jobs[0]["state"] == "queued");
  CHECK(jobs[0]["output"] == path("a.mp4"));
  CHECK(jobs[0]["actual"].is_null());
  CHECK(jobs[1]["state"] == "held");
  CHECK(jobs[1]["priority"] == 5);
  CHECK(jobs[1]["deadline"].get<std::string>().ends_with(":30:00Z"));
  CHECK(run({"release", "2"}).code == 0);
  CHECK(run({"edit", "2", "--priority", "-3", "--deadline", "none"}).code == 0);
  CHECK(job(2)["priority"] == -3);
  CHECK(job(2)["deadline"].is_null());
  CHECK(run({"cancel", "1"}).code == 0);
  CHECK(job(1)["state"] == "cancelled");
  CHECK(run({"retry", "1"}).code == 0);
  CHECK(run({"pause"}).code == 0);
  CHECK(json({"status"})["paused"] == true);
  CHECK(run({"resume"}).code == 0);
  CHECK(run({"remove", "2", "1"}).code == 0);
  CHECK(json({"list"})["jobs"].empty());
}

TEST_CASE_FIXTURE(SchedPlace, "samples, counts and prompts files give one job a file, all or none") {
  const auto ids = json({"add", "a blue square", "--count", "2", "--num-samples", "2", "--seed", "10", "-o",
                         "{seed}.mp4"})["ids"];
  REQUIRE(ids.size() == 4);
  for (int i = 0; i < 4; ++i) CHECK(job(i + 1)["request"]["seed"] == 10 + i);
  write_file(path("night.txt"), "# a comment\na red circle\n{\"prompt\": \"a green star\", \"seed\": 7}\n");
  CHECK(json({"add", "--prompts", "night.txt", "-o", "n-{index}.mp4"})["ids"].size() == 2);
  CHECK(job(6)["request"]["seed"] == 7);
  write_file(path("bad.txt"), "a red circle\n{\"prompt\": \"x\", \"steps\": 99}\n");
  CHECK(run({"add", "--prompts", "bad.txt", "-o", "x-{index}.mp4"}).code == 2);
  CHECK(json({"list"})["jobs"].size() == 6);
}

TEST_CASE_FIXTURE(SchedPlace, "a job is frozen: relative paths belong to the folder of add") {
  const auto id = add("sub/../a.mp4", {"--seed", "3"});
  const auto request = job(id)["request"];
  CHECK(request["size"] == "32x32");
  CHECK(request["steps"] == 1);
  CHECK(request["seed"] == 3);
  CHECK(job(id)["output"] == path("a.mp4"));
  CHECK(job(id)["fingerprint"].get<std::string>().size() == 64);
}

TEST_CASE_FIXTURE(SchedPlace, "a plan of the store says when and why") {
  add("a.mp4");
  add("b.mp4", {"--when", "now"});
  const auto plan = json({"--tariff", path("closed.yaml"), "plan"});
  REQUIRE(plan["jobs"].size() == 2);
  CHECK(plan["exact"] == true);
  CHECK(plan["total_cost"] <= plan["asap_cost"]);
  const auto text = run({"--tariff", path("closed.yaml"), "plan"});
  CHECK(text.code == 0);
  CHECK(text.out.find("saved") != std::string::npos);
  const auto nothing = run({"--tariff", path("closed.yaml"), "plan", "--horizon", "1h"});
  CHECK(nothing.out.find("1: ") != std::string::npos);
}

TEST_CASE_FIXTURE(SchedPlace, "a plan of a file follows the contract's form") {
  write_file(path("jobs.json"),
             R"([{"id": "a", "seconds": 600, "watts": 400, "deadline": "2026-03-02T00:00:00Z"},
    {"id": "b", "seconds": 60, "watts": 100, "when": "now"}, {"id": "c", "seconds": 900000, "watts": 1}])");
  const auto plan =
      json({"--tariff", "cn-two-rate", "plan", "--jobs", "jobs.json", "--now", "2026-03-01T05:00:00Z"});
  REQUIRE(plan["jobs"].size() == 2);
  CHECK(plan["currency"] == "CNY");
  CHECK(plan["jobs"][0] == nlohmann::json{{"id", "b"},
                                          {"worker", 0},
                                          {"start", "2026-03-01T05:00:00Z"},
                                          {"end", "2026-03-01T05:01:00Z"},
                                          {"kwh", 0.001666667},
                                          {"cost", 0.002},
                                          {"cost_detail", {{"net", 0.002}, {"levies", 0.0}, {"vat", 0.0}}}});
  CHECK(plan["jobs"][1]["start"] == "2026-03-01T14:00:00Z");
  CHECK(plan["jobs"][1]["cost"] == 0.03);
  CHECK(plan["unplaced"][0]["id"] == "c");
  CHECK(plan["lower_bound"] == plan["total_cost"]);
  const auto again = run(
      {"--tariff", "cn-two-rate", "plan", "--jobs", "jobs.json", "--now", "2026-03-01T05:00:00Z", "--json"});
  const auto same = run(
      {"--tariff", "cn-two-rate", "plan", "--jobs", "jobs.json", "--now", "2026-03-01T05:00:00Z", "--json"});
  CHECK(again.out == same.out);
  auto many = nlohmann::json::array();
  for (int i = 0; i < 60; ++i) {
    many.push_back(
        {{"id", "m" + std::to_string(i)}, {"seconds", 300 + 37 * i}, {"watts", 100 + i * i % 211}});
    if (i % 3 == 0) many.back().update({{"group", "g" + std::to_string(i % 2)}, {"setup_seconds", 60}});
  }
  write_file(path("many.json"), many.dump());
  const std::vector<std::string> plan_many = {
      "--tariff", "cn-two-rate", "plan", "--jobs", "many.json", "--now", "2026-03-01T05:00:00Z", "--json"};
  const auto first = run(plan_many);
  CHECK(first.code == 0);
  CHECK(nlohmann::json::parse(first.out)["jobs"].size() == 60);
  CHECK(first.out == run(plan_many).out);
}
