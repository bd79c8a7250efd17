// Text that comes in through add, edit and the watch folder; numbers; closed pipes; folders of outputs.
#include "contains.h"
#include "sched_program.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

// "雪中的狐狸" in GBK.
const std::string fox = "\xD1\xA9\xD6\xD0\xB5\xC4\xBA\xFC\xC0\xEA";

}  // namespace

TEST_CASE_FIXTURE(SchedPlace, "add reads GBK and says so once, and refuses what is no text") {
  write_file(path("gbk.txt"), fox + "\n" + fox + " 2\n");
  const auto added = run({"add", "--prompts", "gbk.txt", "-o", "{index}.mp4"});
  REQUIRE_MESSAGE(added.code == 0, added.err);
  CHECK(added.err == "gbk.txt: read as GB18030\n");
  CHECK(job(1)["prompt"] == "雪中的狐狸");
  REQUIRE(run({"add", fox, "-o", "a.mp4"}).code == 0);
  CHECK(job(3)["prompt"] == "雪中的狐狸");

  write_file(path("latin.txt"), "a fox\ncaf\xE9 in the snow\n");
  const std::pair<std::vector<std::string>, const char*> bad[] = {
      {{"add", "--prompts", "latin.txt"}, "latin.txt:2: not UTF-8 text (byte 0xE9"},
      {{"add", "caf\xE9 in the snow"}, "argument 2: not UTF-8 text"},
      {{"add", "a\x01"}, "control character (U+0001"},
      {{"add", ""}, "the prompt is empty"},
      {{"add", " "}, "the prompt is empty"},
      {{"add", "x", "--group", "caf\xE9 1"}, "argument 4: not UTF-8 text"},
      {{"edit", "1", "--prompt", " "}, "the prompt is empty"},
      {{"edit", "1", "--prompt", "caf\xE9 1"}, "argument 4: not UTF-8 text"}};
  for (const auto& [arguments, part] : bad) {
    const auto result = run(arguments);
    CHECK(result.code == 2);
    CHECK_MESSAGE(contains(result.error_line(), part), result.err);
  }
  CHECK(json({"list"})["jobs"].size() == 3);
}

TEST_CASE_FIXTURE(SchedPlace, "add reads prompts from a pipe, and its example is its own") {
  auto options = call({"add", "-", "-o", "{index}.mp4", "--json"});
  const auto piped = core::run_process(options, "a red circle\na blue square\n");
  REQUIRE_MESSAGE(piped.status.code == 0, piped.errors);
  CHECK(nlohmann::json::parse(piped.output)["ids"].size() == 2);
  const auto none = run({"add"});
  CHECK(none.code == 2);
  CHECK(contains(none.error_line(), "no prompt is given"));
  CHECK_FALSE(contains(none.err, "turbodiff generate"));
}

TEST_CASE_FIXTURE(SchedPlace, "numbers without sense are refused") {
  add("a.mp4");
  const std::vector<std::string> calls[] = {
      {"list", "--limit", "-1"},
      {"list", "--limit", "0"},
      {"list", "--limit", "1e3"},
      {"list", "--limit", "99999999999999999999"},
      {"add", "x", "--count", "0"},
      {"add", "x", "--retries", "-1"},
      {"add", "x", "--priority", "99999999999999999999"},
      {"add", "x", "--after", "-3"},
      {"edit", "1", "--seed", "-1"},
      {"edit", "1", "--priority", "nan"},
      {"--tariff", "cn-two-rate", "plan", "--idle-watts", "nan"},
      {"--tariff", "cn-two-rate", "plan", "--workers", "-1"},
      {"--tariff", "cn-two-rate", "run", "--once", "--max-slowdown", "nan"},
      {"--tariff", "cn-two-rate", "run", "--once", "--retry-delay", "-5s"},
      {"energy", "calibrate", "--seconds", "nan"},
      {"energy", "calibrate", "--idle-watts", "inf"},
      {"wait", "1", "--timeout", "-5s"},
      {"wait", "x"}};
  for (const auto& arguments : calls) {
    const auto result = run(arguments);
    CAPTURE(arguments.back());
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK_FALSE(result.error_line().empty());
  }
  CHECK(json({"list", "--limit", "010"})["jobs"].size() == 1);
}

TEST_CASE_FIXTURE(SchedPlace, "the last of an option given twice counts, and lists collect") {
  add("a.mp4");
  add("b.mp4");
  const auto id = json({"add", "x", "-o", "c.mp4", "-o", "d.mp4", "--priority", "1", "--priority", "2",
                        "--after", "1", "--after", "2"})["ids"][0];
  const auto added = job(id);
  CHECK(added["output"] == path("d.mp4"));
  CHECK(added["priority"] == 2);
  CHECK(added["after"].size() == 2);
}

TEST_CASE_FIXTURE(SchedPlace, "a closed pipe ends quietly") {
  for (int i = 0; i < 3; ++i) add(std::to_string(i) + ".mp4");
  for (const char* command : {"list", "list --json", "tariff list", "report", "--help", "log 1"}) {
    auto options = call({});
    options.argv = {"/bin/bash", "-c",
                    std::string("set -o pipefail; { sleep 0.3; exec \"$0\" ") + command + "; } | true",
                    (program_path().parent_path() / "turbodiff-sched").string()};
    const auto result = core::run_process(options);
    CHECK_MESSAGE(result.status.code == 0, command);
    CHECK_MESSAGE(result.errors.empty(), result.errors);
  }
}

TEST_CASE_FIXTURE(SchedPlace, "an output's folder is made when the job runs") {
  add("new/folder/a.mp4");
  CHECK_FALSE(fs::exists(path("new")));
  CHECK(run({"--tariff", path("open.yaml"), "run", "--once"}).code == 0);
  CHECK(job(1)["state"] == "done");
  CHECK(fs::exists(path("new/folder/a.mp4")));
}

TEST_CASE_FIXTURE(SchedPlace, "the watch folder refuses Latin-1 with its reason and reads GBK") {
  fs::create_directory(path("watch"));
  write_file(path("watch/latin.txt"), "a fox\ncaf\xE9 in the snow\n");
  write_file(path("watch/gbk.yaml"), "prompt: " + fox + "\n");
  const auto result = run({"--tariff", path("closed.yaml"), "run", "--once", "--watch", path("watch")});
  CHECK_MESSAGE(result.code == 0, result.err);
  CHECK(contains(read_file(path("watch/failed/latin.txt.reason.txt")),
                 "latin.txt:2: not UTF-8 text (byte 0xE9"));
  CHECK(contains(result.err, "gbk.yaml: read as GB18030"));
  CHECK(json({"list"})["jobs"][0]["prompt"] == "雪中的狐狸");
}

TEST_CASE_FIXTURE(SchedPlace, "tariffs and price files are read through the same gate") {
  write_file(path("latin.yaml"), "version: 1\n# caf\xE9 in the snow\n");
  const auto result = run({"--tariff", path("latin.yaml"), "plan"});
  CHECK(result.code == 2);
  CHECK(contains(result.error_line(), "latin.yaml:2: not UTF-8 text"));
}

TEST_CASE_FIXTURE(SchedPlace, "help and manual show no internals of the parser") {
  const auto check = [](const std::string& text) {
    for (const char* part : {" INT", "UINT", "FLOAT", " in [", ":{", "POSITIVE", "NONNEGATIVE", ":NUMBER"})
      CHECK_MESSAGE(!contains(text, part), part);
  };
  check(run({"manual"}).out);
  for (const char* command :
       {"add", "list", "edit", "run", "daemon", "plan", "report", "wait", "cancel", "show", "log"})
    check(run({command, "--help"}).out);
  check(run({"energy", "calibrate", "--help"}).out);
}
