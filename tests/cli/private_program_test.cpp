// turbodiff itself is small, and becomes turbodiff-media or turbodiff-engine for what needs large libraries.
#include <sys/stat.h>

#include <csignal>

#include "contains.h"
#include "core/os/process_spawn.h"
#include "turbodiff_process.h"

using namespace turbodiff;
using testing::contains;
using testing::Workplace;
namespace fs = std::filesystem;

namespace {

/// turbodiff in an installation of its own, whose engine is a script.
class Installation {
 public:
  Installation() {
    fs::create_directories(program().parent_path());
    fs::copy_file(testing::program_path(), program());
  }
  fs::path program() const { return place.path("prefix/bin/turbodiff"); }
  void write_engine(const std::string& script, const std::string& run_by = "/bin/sh") const {
    const fs::path file = place.path("prefix/libexec/turbodiff/turbodiff-engine");
    fs::create_directories(file.parent_path());
    testing::write_file(file, "#!" + run_by + "\n" + script);
    REQUIRE(::chmod(file.c_str(), 0755) == 0);
  }
  core::CompletedProcess run(std::vector<std::string> arguments,
                             const core::EnvironmentChanges& changes = {}) const {
    core::SubprocessOptions options = place.call(std::move(arguments));
    options.argv.front() = program().string();
    for (const auto& [name, value] : changes) options.environment[name] = value;
    return core::run_process(options);
  }

  Workplace place;
};

constexpr int interrupting[] = {SIGINT, SIGTERM, SIGHUP};

/// Of a set of signals in /proc/PID/status, such as SigBlk, those that interrupt.
std::vector<int> interrupting_in(const std::string& status, const std::string& set) {
  const std::size_t at = status.find(set + ":\t");
  REQUIRE(at != std::string::npos);
  const unsigned long long bits = std::stoull(status.substr(at + set.size() + 2, 16), nullptr, 16);
  std::vector<int> found;
  for (const int signal : interrupting)
    if ((bits >> (signal - 1) & 1) != 0) found.push_back(signal);
  return found;
}

/// What the dynamic loader would load for a program.
std::string libraries_of(const fs::path& program) {
  core::SubprocessOptions options;
  options.argv = {program.string()};
  options.environment["LD_TRACE_LOADED_OBJECTS"] = "1";
  return core::run_process(options).output;
}

}  // namespace

TEST_CASE("turbodiff links neither LibTorch nor FFmpeg, and the media program no LibTorch") {
  const fs::path behind = testing::program_path().parent_path().parent_path() / "libexec/turbodiff";
  const std::string own = libraries_of(testing::program_path());
  CHECK(contains(own, "libc.so"));
  for (const char* library : {"libtorch", "libc10", "libgomp", "libavcodec", "libavformat"})
    CHECK_MESSAGE(!contains(own, library), library);
  const std::string media = libraries_of(behind / "turbodiff-media");
  CHECK(contains(media, "libavcodec"));
  CHECK_FALSE(contains(media, "libtorch"));
  CHECK(contains(libraries_of(behind / "turbodiff-engine"), "libtorch"));
}

TEST_CASE("what computes nothing works without the programs behind turbodiff") {
  const Installation alone;
  for (const std::vector<std::string>& call : {std::vector<std::string>{},
                                               {"--version"},
                                               {"--help"},
                                               {"generate", "--help"},
                                               {"info", "--help"},
                                               {"contact-sheet", "--help"},
                                               {"models", "--help"},
                                               {"models", "verify", "--help"},
                                               {"convert", "--help"},
                                               {"doctor", "--help"},
                                               {"bench", "--help"},
                                               {"cost", "--help"},
                                               {"models", "path"},
                                               {"doctor", "--show-config"},
                                               {"completion", "bash"},
                                               {"manual"}}) {
    const auto result = alone.run(call);
    CHECK_MESSAGE(result.status.ok(), result.errors);
    CHECK_FALSE(result.output.empty());
    CHECK(result.errors.empty());
  }
  CHECK(alone.run({"generate", "x", "--stpes"}).status.code == 2);
}

TEST_CASE("a missing program is one line that says where it should be") {
  const Installation alone;
  const auto result = alone.run({"generate", "a red circle"});
  CHECK(result.status.code == 1);
  CHECK(result.errors ==
        "error: cannot start '" + alone.place.text_path("prefix/libexec/turbodiff/turbodiff-engine") +
            "': No such file or directory; it belongs to turbodiff: build or install it again\n");
  const auto json = alone.run({"info", "a.mp4", "--json"});
  CHECK(json.status.code == 1);
  CHECK(
      contains(nlohmann::json::parse(json.output)["error"]["message"].get<std::string>(), "turbodiff-media"));
}

TEST_CASE("the engine gets the same process, arguments and standard input") {
  const Installation installed;
  installed.write_engine(
      "printf '%s\\n' \"$@\"; echo \"$OMP_WAIT_POLICY\"; echo $$; read line; echo \"$line\"\n"
      "exit 7\n");
  core::SubprocessOptions options = installed.place.call({});
  options.argv = {"/bin/sh", "-c", "echo $$; exec \"$0\" generate 'a  b' --seed 3 --",
                  installed.program().string()};
  const auto result = core::run_process(options, "a line\n");
  CHECK(result.status.code == 7);
  std::istringstream in(result.output);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  REQUIRE(lines.size() == 9);
  CHECK(std::vector(lines.begin() + 1, lines.begin() + 7) ==
        std::vector<std::string>{"generate", "a  b", "--seed", "3", "--", "passive"});
  CHECK(lines[7] == lines[0]);
  CHECK(lines[8] == "a line");
}

TEST_CASE("signals wait while one program becomes the other, which then takes them") {
  const std::vector<int> all(std::begin(interrupting), std::end(interrupting));
  const Installation installed;
  // No shell: it would unblock them itself.
  installed.write_engine("", "/bin/cat /proc/self/status");
  const std::string begun = installed.run({"generate"}).output;
  CHECK(interrupting_in(begun, "SigBlk") == all);
  CHECK(interrupting_in(begun, "SigIgn").empty());

  const Workplace place;
  core::SubprocessOptions options = place.call({"worker"});
  options.input = options.output = core::SubprocessOptions::Stream::pipe;
  core::Subprocess* worker = nullptr;
  std::string status;
  options.on_output = [&](std::string_view line) {
    if (line.find("\"ready\"") == std::string_view::npos) return;
    status = testing::read_file(fmt::format("/proc/{}/status", worker->pid()));
    worker->close_input();
  };
  core::Subprocess process(std::move(options));
  worker = &process;
  CHECK(process.wait()->ok());
  REQUIRE(contains(status, "turbodiff-engin"));
  CHECK(interrupting_in(status, "SigBlk").empty());
  CHECK(interrupting_in(status, "SigCgt") == all);
}

TEST_CASE("threads sleep while they wait unless the environment says otherwise") {
  const Installation installed;
  installed.write_engine("echo \"$OMP_WAIT_POLICY\"\n");
  CHECK(installed.run({"generate", "x"}).output == "passive\n");
  CHECK(installed.run({"worker"}).output == "passive\n");
  CHECK(installed.run({"bench"}, {{"OMP_WAIT_POLICY", ""}}).output == "passive\n");
  CHECK(installed.run({"generate", "x"}, {{"OMP_WAIT_POLICY", "active"}}).output == "active\n");
  // The real one: what OpenMP itself says when it is loaded.
  Workplace place;
  place.set("OMP_DISPLAY_ENV", "true");
  CHECK(contains(place.run({"generate", "x", "--dry-run"}).err, "OMP_WAIT_POLICY = 'PASSIVE'"));
}

TEST_CASE("OMP_NUM_THREADS is the number of threads where nothing else says one") {
  const auto threads = [](const core::EnvironmentChanges& changes, std::vector<std::string> more = {}) {
    Workplace place;
    for (const auto& [name, value] : changes) place.set(name, *value);
    std::vector<std::string> arguments = {"generate", "x", "--dry-run", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return place.run(arguments).json()["jobs"][0]["threads"].get<int>();
  };
  CHECK(threads({{"OMP_NUM_THREADS", "1"}}) == 1);
  CHECK(threads({{"OMP_NUM_THREADS", "3,2"}}) == 3);
  CHECK(threads({{"OMP_NUM_THREADS", "5"}, {"OMP_THREAD_LIMIT", "4"}}) == 4);
  CHECK(threads({{"OMP_NUM_THREADS", "3"}}, {"--threads", "2"}) == 2);
  CHECK(threads({{"OMP_NUM_THREADS", "3"}, {"TURBODIFF_THREADS", "2"}}) == 2);
  Workplace place;
  place.set("OMP_NUM_THREADS", "3");
  CHECK(contains(place.run({"doctor"}).out, "3 threads by default (OMP_NUM_THREADS)"));
}

TEST_CASE("an address space too small for LibTorch is refused before it is loaded") {
#if !defined(__SANITIZE_ADDRESS__)
  Workplace place;
  core::SubprocessOptions options = place.call({});
  options.argv = {"/bin/sh", "-c", "ulimit -v 400000; exec \"$0\" generate x",
                  testing::program_path().string()};
  const auto result = core::run_process(options);
  CHECK(result.status.code == 4);
  CHECK(contains(result.errors, "error: the address space is limited to"));
  CHECK(contains(result.errors, "raise the limit (ulimit -v)"));
#endif
}
