#include "contains.h"
#include "turbodiff_process.h"

using namespace turbodiff;
using testing::contains;
using testing::Workplace;

TEST_CASE("a bare call prints short help with examples") {
  const auto result = Workplace().run({});
  CHECK(result.code == 0);
  CHECK(contains(result.out, "Usage: turbodiff COMMAND"));
  CHECK(contains(result.out, "turbodiff generate \"a red circle moving right\" -o circle.mp4"));
  CHECK(std::count(result.out.begin(), result.out.end(), '\n') < 30);
  CHECK(result.err.empty());
}

TEST_CASE("--version and --help everywhere") {
  Workplace place;
  const auto version = place.run({"--version"});
  CHECK(version.code == 0);
  CHECK(version.out.rfind("turbodiff ", 0) == 0);
  for (const std::vector<std::string>& command : {std::vector<std::string>{"generate"},
                                                  {"info"},
                                                  {"models"},
                                                  {"models", "list"},
                                                  {"models", "show"},
                                                  {"models", "verify"},
                                                  {"models", "path"},
                                                  {"doctor"},
                                                  {"bench"},
                                                  {"cost"},
                                                  {"cost", "video"},
                                                  {"cost", "rent"},
                                                  {"cost", "buy"},
                                                  {"cost", "gpus"},
                                                  {"cost", "route"},
                                                  {"completion"}}) {
    auto arguments = command;
    arguments.push_back("--help");
    const auto result = place.run(arguments);
    CHECK_MESSAGE(result.code == 0, command.back());
    CHECK(contains(result.out, "Usage: turbodiff " + command.front()));
    CHECK(contains(result.out, "--json"));
    CHECK(result.err.empty());
  }
}

TEST_CASE("help fits 80 columns") {
  const auto result = Workplace().run({"generate", "--help"});
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 80, line);
}

TEST_CASE("usage errors are one line and exit 2") {
  Workplace place;
  const auto line = [&](std::vector<std::string> arguments) {
    const auto result = place.run(std::move(arguments));
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    return result.error_line();
  };
  CHECK(line({"generate", "x", "--stpes", "4"}) ==
        "unknown option '--stpes' (did you mean '--steps'?); see 'turbodiff generate --help'");
  CHECK(line({"generate", "x", "--steps", "abc"}) ==
        "--steps: 'abc' is not a whole number; it goes from 1 to 100");
  CHECK(line({"generate", "x", "--steps=5"}) ==
        "--steps: 5 is out of range, the rcm sampler takes 1 to 4; --steps 4 gives the best quality");
  CHECK(line({"generate", "x", "--steps"}) == "--steps needs a value; see 'turbodiff generate --help'");
  CHECK(line({"generate", "x", "--frames", "80"}) ==
        "--frames: 80 does not fit, it must be 4k+1; the nearest are 77 and 81");
  CHECK(contains(line({"generate", "a", "red", "circle"}),
                 "unexpected argument 'red'; text with blanks goes into quotes"));
  CHECK(contains(line({"generate"}), "no prompt is given"));
  CHECK(contains(line({"genrate", "x"}), "unknown command 'genrate' (did you mean 'generate'?)"));
  CHECK(contains(line({"models"}), "'turbodiff models' needs a command"));
  CHECK(contains(line({"models", "lst"}), "unknown command 'lst' (did you mean 'list'?)"));
  CHECK(contains(line({"info"}), "FILE is missing"));
  CHECK(contains(line({"completion", "tcsh"}), "no completion for the shell 'tcsh'; one of bash, zsh, fish"));
  CHECK(contains(line({"generate", "x", "--device", "gpu"}), "--device: unknown device 'gpu'"));
  CHECK(contains(line({"generate", "x", "--progress", "dots"}), "dots"));
  CHECK(contains(line({"bench", "--make-checkpoint", "wan2.1-1.3b"}), "--make-checkpoint needs a folder"));
  CHECK(contains(line({"bench", "folder"}), "DIR goes with --make-checkpoint"));
  CHECK(contains(line({"bench", "--frames", "4"}), "--frames: 4 does not fit"));
  CHECK(contains(line({"bench", "--threads", "many"}), "--threads"));
  CHECK(contains(line({"--config", "none.yaml", "models", "list"}), "none.yaml"));
  for (const char* number : {"nan", "-1", "0x10", "1e99", "99999999999999999999"})
    CHECK_MESSAGE(contains(line({"bench", "--repeats", number}), "--repeats"), number);
  CHECK(contains(line({"bench", "--sla-topk", "nan"}), "--sla-topk: 'nan' is not a number"));
}

TEST_CASE("an option that is given twice counts as it stands last, in any of its spellings") {
  Workplace place;
  const auto steps = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"generate", "x", "--dry-run", "--json"});
    const auto result = place.run(arguments);
    CHECK_MESSAGE(result.code == 0, result.err);
    return result.json()["jobs"][0]["steps"];
  };
  CHECK(steps({"--steps", "1", "--steps", "3"}) == 3);
  CHECK(steps({"--steps", "3", "--num_steps", "2"}) == 2);
  CHECK(steps({"--num_steps=2", "--steps=3"}) == 3);
  CHECK(
      place.run({"contact-sheet", "none.mp4", "-o", "a.jpg", "-o", "b.png"}).error_line().find("none.mp4") !=
      std::string::npos);
}

TEST_CASE("a closed pipe ends quietly") {
  Workplace place;
  for (const char* command : {"models list", "models list --json", "generate --help", "doctor"}) {
    auto options = place.call({});
    options.argv = {"/bin/bash", "-c",
                    std::string("set -o pipefail; { sleep 0.3; exec \"$0\" ") + command + "; } | true",
                    testing::program_path().string()};
    const auto result = core::run_process(options);
    CHECK_MESSAGE(result.status.code == 0, command);
    CHECK_MESSAGE(result.errors.find("error") == std::string::npos, result.errors);
  }
}

TEST_CASE("help and manual show no internals of the parser") {
  Workplace place;
  const auto check = [](const std::string& text) {
    for (const char* part : {" INT", "UINT", "FLOAT", " in [", ":{", "POSITIVE", "NONNEGATIVE", ":NUMBER"})
      CHECK_MESSAGE(!contains(text, part), part);
  };
  check(place.run({"manual"}).out);
  for (const char* command :
       {"generate", "bench", "convert", "contact-sheet", "cost", "models", "doctor", "info"})
    check(place.run({command, "--help"}).out);
}

TEST_CASE("control characters of an argument never reach the terminal") {
  const auto result = Workplace().run({"generate", "x", "--\x1b[31mred"});
  CHECK(result.code == 2);
  CHECK(!contains(result.err, "\x1b"));
}

TEST_CASE("global options stand before or after the command") {
  Workplace place;
  CHECK(place.run({"--json", "models", "path"}).json().contains("path"));
  CHECK(place.run({"models", "path", "--json"}).json().contains("path"));
  CHECK(place.run({"models", "--json", "path"}).json().contains("path"));
}

TEST_CASE("a result that cannot be written is a failure") {
  Workplace place;
  auto options = place.call({"models", "list"});
  options.argv = {"/bin/sh", "-c", "exec \"$0\" models list > /dev/full", testing::program_path().string()};
  const auto result = core::run_process(options);
  CHECK(result.status.code == 1);
  CHECK(contains(result.errors, "cannot write to standard output"));
}

TEST_CASE("works without HOME") {
  Workplace place;
  auto options = place.call({"models", "list", "--quiet"});
  options.environment["HOME"] = std::nullopt;
  const auto result = core::run_process(options);
  CHECK(result.status.code == 0);
  CHECK(contains(result.output, "demo"));
}
