// Processes that were started in odd ways: limits, closed descriptors, folders that are gone.
#include "contains.h"
#include "core/os/process_spawn.h"
#include "turbodiff_process.h"

using namespace turbodiff;
using testing::contains;
using testing::Workplace;
namespace fs = std::filesystem;

namespace {

/// `script` runs in a shell, where "$0" is the program.
core::CompletedProcess in_shell(const Workplace& place, const std::string& script,
                                const std::string& program = "turbodiff",
                                const core::EnvironmentChanges& changes = {}) {
  core::SubprocessOptions options = place.call({});
  options.argv = {"/bin/sh", "-c", script, (testing::program_path().parent_path() / program).string()};
  for (const auto& [name, value] : changes) options.environment[name] = value;
  return core::run_process(options);
}

const std::string quick = "generate 'a red circle' --steps 1 --frames 5 --size 64x64 -t 1 ";

void check_one_line(const core::CompletedProcess& result, int code, const std::string& part) {
  CHECK_MESSAGE(result.status.signal == 0, result.status.describe());
  CHECK_MESSAGE(result.status.code == code, result.errors);
  const std::size_t error = result.errors.find("error: ");
  REQUIRE_MESSAGE(error != std::string::npos, result.errors);
  CHECK_MESSAGE(contains(result.errors.substr(error), part), result.errors);
  CHECK(result.errors.find('\n', error) == result.errors.size() - 1);
}

}  // namespace

TEST_CASE("a file size limit refuses the file and leaves none") {
  for (const char* name : {"a.mp4", "a.webm", "a.gif", "a.npy", "a.safetensors"}) {
    Workplace place;
    check_one_line(in_shell(place, "ulimit -f 4; exec \"$0\" " + quick + "-o " + name), 4, "File too large");
    CHECK_MESSAGE(place.files().empty(), name);
  }
  Workplace place;
  check_one_line(in_shell(place, "ulimit -f 4; exec \"$0\" convert '" +
                                     (testing::demo_folder() / "vae.pth").string() + "' out.safetensors"),
                 4, "raise the limit on the size of files (ulimit -f)");
  CHECK(place.files().empty());
  check_one_line(in_shell(place, "ulimit -f 1; exec \"$0\" manual > out.txt"), 1,
                 "cannot write to standard output");
  check_one_line(in_shell(place, "ulimit -f 8; exec \"$0\" --store jobs.db add x", "turbodiff-sched"), 4,
                 "there is no room for the job store");
}

TEST_CASE("in a folder that is gone what needs no relative path works") {
  for (const char* program : {"turbodiff", "turbodiff-sched"}) {
    Workplace place;
    const auto gone = [&](const std::string& arguments) {
      return in_shell(place, "mkdir gone && cd gone && rmdir ../gone && exec \"$0\" " + arguments, program);
    };
    for (const char* call : {"--version", "--help", "completion bash", "manual"})
      CHECK_MESSAGE(gone(call).status.ok(), program << " " << call);
  }
  Workplace place;
  const auto gone = [&](const std::string& arguments, const std::string& program = "turbodiff") {
    return in_shell(place, "mkdir gone && cd gone && rmdir ../gone && exec \"$0\" " + arguments, program);
  };
  for (const char* call : {"models list", "models show demo", "doctor --show-config", "cost gpus"})
    CHECK_MESSAGE(gone(call).status.ok(), call);
  const auto made = gone(quick + "-o '" + place.text_path("a.npy") + "'");
  CHECK_MESSAGE(made.status.ok(), made.errors);
  check_one_line(gone(quick + "-o a.npy"), 2, "the current folder");
  check_one_line(gone("info a.mp4"), 2, "the current folder");
  const std::string store = "--store '" + place.text_path("jobs.db") + "' ";
  CHECK(gone(store + "add x -o '" + place.text_path("b.mp4") + "'", "turbodiff-sched").status.ok());
  CHECK(gone(store + "list", "turbodiff-sched").status.ok());
  check_one_line(gone("--store jobs.db list", "turbodiff-sched"), 2, "the current folder");
}

TEST_CASE("closed standard streams do no harm") {
  Workplace place;
  // What is opened must not get a number that is written to as a standard stream.
  const auto silent = in_shell(place, "exec \"$0\" " + quick + "-o a.npy <&- >&- 2>&-");
  CHECK(silent.status.ok());
  const auto whole = in_shell(place, "exec \"$0\" " + quick + "-o b.npy");
  CHECK(whole.status.ok());
  CHECK(testing::read_file(place.path("a.npy")) == testing::read_file(place.path("b.npy")));
  CHECK(place.files() == std::vector<std::string>{"a.npy", "b.npy"});
  CHECK(in_shell(place, "exec \"$0\" --store jobs.db add x <&- >&- 2>&-", "turbodiff-sched").status.ok());
  CHECK(contains(in_shell(place, "exec \"$0\" --store jobs.db list", "turbodiff-sched").output, "queued"));
}

TEST_CASE(
    "a home that cannot be written, a missing temporary folder and the plainest locale are no obstacle") {
  for (const core::EnvironmentChanges& changes : {core::EnvironmentChanges{{"HOME", "/proc/1"}},
                                                  {{"HOME", "/nonexistent"}},
                                                  {{"HOME", std::nullopt}},
                                                  {{"TMPDIR", "/nonexistent"}},
                                                  {{"LC_ALL", "C"}},
                                                  {{"LC_ALL", "xx_YY.UTF-8"}, {"LANG", "none"}}}) {
    Workplace place;
    const auto result = in_shell(place, "exec \"$0\" " + quick + "-o a.mp4", "turbodiff", changes);
    CHECK_MESSAGE(result.status.ok(), result.errors);
    CHECK(place.files() == std::vector<std::string>{"a.mp4"});
    CHECK(in_shell(place, "exec \"$0\" info a.mp4", "turbodiff", changes).status.ok());
    CHECK(in_shell(place, "exec \"$0\" --store jobs.db add x -o b.mp4", "turbodiff-sched", changes)
              .status.ok());
  }
}

TEST_CASE("few descriptors and little memory are refused, not crashed on") {
  Workplace place;
  check_one_line(in_shell(place, "ulimit -n 8; exec \"$0\" info none.mp4"), 2, "none.mp4");
#if !defined(__SANITIZE_ADDRESS__)
  for (const int kib : {20'000, 60'000, 100'000, 300'000}) {
    const auto result =
        in_shell(place, "ulimit -v " + std::to_string(kib) + "; exec \"$0\" " + quick + "-o a.npy");
    CHECK(result.status.signal == 0);
    CHECK(place.files().empty());
  }
#endif
}
