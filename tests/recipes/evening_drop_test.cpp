// examples/recipes/evening-drop.yaml
#include "night_machine.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

TEST_CASE_FIXTURE(NightMachine, "evening drop, morning videos: the machine wakes, generates and goes off") {
  configure("evening-drop.yaml");
  set_time(at(1, 18));
  const std::string daemon = service_command("-- --on-finish shutdown");
  REQUIRE(daemon.find("daemon --on-finish shutdown") != std::string::npos);
  boot(at(1, 18), daemon);
  const fs::path folder = home() / "turbodiff";
  wait_for("the folder", [&] { return fs::exists(folder / ".taking"); });

  // Three files are dropped in three ways, a picture with its text, and one that is not finished.
  write_file(home() / "tonight.txt", "a red circle moving right\na blue square moving up\n");
  REQUIRE(shell("cp tonight.txt turbodiff/").code == 0);
  write_file(
      home() / "more.yaml",
      "steps: 1\nframes: 5\nsize: 32x32\nprompts:\n- a green triangle\n- {prompt: a red square, seed: 7}\n");
  REQUIRE(shell("mv more.yaml turbodiff/").code == 0);
  REQUIRE(shell("printf '{\"prompt\": \"a circle\", \"steps\": 1}' > turbodiff/last.json").code == 0);
  write_file(folder / "cat.png", "a picture");
  write_file(folder / "cat.txt", "a cat");
  write_file(folder / "half.txt.part", "a red");
  wait_for("the files", [&] {
    return fs::exists(folder / "done/tonight.txt") && fs::exists(folder / "done/more.yaml") &&
           fs::exists(folder / "done/last.json") && fs::exists(folder / "failed/cat.txt");
  });
  CHECK(read_file(folder / "failed/cat.png.reason.txt").find("image to video") != std::string::npos);
  wait_for("the plan", [&] {
    const auto all = jobs();
    return std::none_of(all.begin(), all.end(),
                        [](const auto& job) { return job["planned_start"].is_null(); });
  });
  const auto planned = jobs();
  REQUIRE(planned.size() == 5);
  std::int64_t first = at(9, 0);
  for (const auto& job : planned) {
    CHECK(job["state"] == "queued");
    first = std::min(first, instant(job["planned_start"]));
  }
  CHECK(first == at(1, 22));

  // The machine is switched off by hand, is woken for the first job, works, and switches itself off.
  off();
  CHECK(power_offs() == 0);
  REQUIRE(alarm() == first - 210);
  fs::remove(folder / "half.txt.part");
  boot(alarm() + 90, daemon);
  wait_for("the end of the batch", [&] { return power_offs() > 0; });
  const double done_at = now();
  CHECK(actions() == std::vector<std::string>{"SetWallMessage", "ScheduleShutdown", "SetWallMessage",
                                              "CancelScheduledShutdown", "PowerOff"});
  off();
  CHECK(alarm() == 0);  // nothing is left to wake for
  check_done(jobs(), at(1, 22), at(2, 8), 0.45);
  double last = 0;
  for (const auto& job : jobs()) {
    CHECK(job["output"].get<std::string>().starts_with((folder / "videos").string()));
    last = std::max(last, static_cast<double>(instant(job["finished"])));
  }
  CHECK(done_at >= last + 600);  // the notice of ten minutes
  CHECK(done_at < static_cast<double>(at(2, 8)));
  const auto report = json("report --by rate");
  REQUIRE_MESSAGE(report["rows"].size() == 1, report.dump());
  CHECK(report["rows"][0]["key"] == "valley");
  CHECK(report["rows"][0]["saving"] > 0);
}
