#include <csignal>
#include <optional>

#include "turbodiff_process.h"

using namespace turbodiff;
using testing::Workplace;

namespace {
/// Interrupts a generation of many seconds as soon as `stage` begins.
core::ExitStatus interrupt_at(Workplace& place, const std::string& stage, int signal) {
  auto options = place.call({"generate", "x", "--size", "256x256", "--frames", "81", "--steps", "4", "-o",
                             "a.mp4", "--contact-sheet", "s.png", "--progress", "json"});
  core::Subprocess* running = nullptr;
  options.output = options.errors = core::SubprocessOptions::Stream::pipe;
  options.on_output = [](std::string_view) {};
  options.on_errors = [&](std::string_view line) {
    if (line.find("\"" + stage + "\"") != std::string_view::npos) running->signal(signal);
  };
  core::Subprocess process(std::move(options));
  running = &process;
  return *process.wait();
}
}  // namespace

TEST_CASE("Ctrl-C leaves nothing behind and exits 130") {
  for (const char* stage : {"load", "denoise"}) {
    Workplace place;
    CHECK_MESSAGE(interrupt_at(place, stage, SIGINT).code == 130, stage);
    CHECK(place.files().empty());
  }
  Workplace place;
  CHECK(interrupt_at(place, "denoise", SIGTERM).code == 130);
  CHECK(place.files().empty());
}

TEST_CASE("Ctrl-C in a list of prompts still tells what is done") {
  Workplace place;
  testing::write_file(place.path("p.txt"),
                      "{\"prompt\": \"a red circle\", \"size\": \"32x32\", \"frames\": 5, \"steps\": 1, "
                      "\"output\": \"a.mp4\"}\n"
                      "{\"prompt\": \"a blue square\", \"size\": \"256x256\", \"frames\": 81, \"steps\": 4, "
                      "\"output\": \"b.mp4\"}\n");
  auto options = place.call({"generate", "--prompts", "p.txt", "--progress", "json", "--json"});
  core::Subprocess* running = nullptr;
  std::string out;
  options.output = options.errors = core::SubprocessOptions::Stream::pipe;
  options.on_output = [&](std::string_view line) { out += line; };
  options.on_errors = [&](std::string_view line) {
    if (line.find("\"denoise\"") != std::string_view::npos &&
        line.find("\"steps\":4") != std::string_view::npos)
      running->signal(SIGINT);
  };
  core::Subprocess process(std::move(options));
  running = &process;
  CHECK(process.wait()->code == 130);
  const auto document = nlohmann::json::parse(out);
  REQUIRE(document["outputs"].size() == 1);
  CHECK(document["outputs"][0]["prompt"] == "a red circle");
  CHECK(place.files() == std::vector<std::string>{"a.mp4", "p.txt"});
}

TEST_CASE("a signal ends a dry run of many prompts, which times the machine once") {
  Workplace place;
  std::string prompts;
  for (int i = 0; i < 20000; ++i) prompts += "prompt " + std::to_string(i) + "\n";
  testing::write_file(place.path("p.txt"), prompts);
  auto options = place.call({"generate", "--prompts", "p.txt", "--dry-run", "--json", "-o", "{index}.mp4"});
  options.output = options.errors = core::SubprocessOptions::Stream::pipe;
  options.on_output = options.on_errors = [](std::string_view) {};
  core::Subprocess process(std::move(options));
  std::optional<core::ExitStatus> status;
  // The handlers are in place a moment after the start; a second signal changes nothing.
  for (int i = 0; i < 600 && !status; ++i) {
    status = process.wait(0.5);
    if (!status) process.signal(SIGTERM);
  }
  REQUIRE(status);
  CHECK((status->code == 130 || status->signal == SIGTERM));

  std::string few;
  for (int i = 0; i < 50; ++i) few += "prompt " + std::to_string(i) + "\n";
  testing::write_file(place.path("few.txt"), few);
  const auto jobs =
      place.run({"generate", "--prompts", "few.txt", "--dry-run", "--json", "-o", "{index}.mp4"})
          .json()["jobs"];
  REQUIRE(jobs.size() == 50);
  // Two timings of a product never agree to the millisecond of a generation's seconds in 50 cases.
  // The first has the program's start on top.
  CHECK(jobs[0]["expected_seconds"] > jobs[1]["expected_seconds"]);
  for (std::size_t i = 1; i < jobs.size(); ++i)
    CHECK(jobs[i]["expected_seconds"] == jobs[1]["expected_seconds"]);
}
