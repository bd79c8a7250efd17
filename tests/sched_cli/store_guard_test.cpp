// Stores that must not be worked with, and what an idle daemon takes.
#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

#include "sched_program.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

/// A number of /proc/PID/status.
std::int64_t status_of(pid_t pid, const std::string& name) {
  std::ifstream in(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(name + ":")) return std::stoll(line.substr(name.size() + 1));
  return -1;
}

struct Activity {
  std::int64_t switches = -1;  ///< how often it has gone to sleep by itself
  std::int64_t ticks = -1;     ///< of processor time
  bool sleeps = false;
  bool operator==(const Activity&) const = default;
};

Activity activity_of(pid_t pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(in, text);
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string state, skipped;
  fields >> state;
  for (int field = 4; field < 14; ++field) fields >> skipped;
  std::int64_t user = 0, system = 0;
  fields >> user >> system;
  return {status_of(pid, "voluntary_ctxt_switches"), user + system, state == "S"};
}

/// What the process is at when it has slept for a second; it may plan for a while before.
std::optional<Activity> settled(pid_t pid) {
  Activity before, now;
  const bool sleeps = comes_true(
      [&] {
        before = std::exchange(now, activity_of(pid));
        return now == before && now.sleeps;
      },
      [](double) { std::this_thread::sleep_for(std::chrono::seconds(1)); });
  return sleeps ? std::optional(now) : std::nullopt;
}

}  // namespace

TEST_CASE_FIXTURE(SchedPlace, "every command refuses a store on a network file system") {
  add("a.mp4");
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"6969", "NFS"}, {"ff534d42", "SMB"}, {"65735546", "FUSE"}, {"c36400", "Ceph"}, {"1021997", "9p"}};
  const auto refused = [&](const std::string& type, std::vector<std::string> arguments) {
    auto options = call(std::move(arguments));
    options.environment["LD_PRELOAD"] = TURBODIFF_STATFS_SHIM;
    options.environment["STATFS_TYPE"] = type;
    const auto completed = core::run_process(std::move(options));
    return Finished{completed.status.code, completed.output, completed.errors};
  };
  for (const auto& [type, name] : kinds) {
    const auto list = refused(type, {"list"});
    CHECK(list.code == 2);
    CHECK(list.error_line().find("network file system (" + name + ")") != std::string::npos);
    CHECK(list.out == "");
  }
  CHECK(refused("6969", {"add", "x", "-o", "b.mp4"}).code == 2);
  CHECK(refused("6969", {"--tariff", path("open.yaml"), "daemon"}).code == 2);
  CHECK(refused("6969", {"--store", path("new/jobs.db"), "add", "x", "-o", "b.mp4"}).code == 2);
  CHECK_FALSE(fs::exists(path("new/jobs.db")));
  CHECK(refused("ef53", {"list"}).code == 0);  // ext4
}

TEST_CASE_FIXTURE(SchedPlace, "every command refuses a store of a newer program, and leaves it as it is") {
  add("a.mp4");
  const int newer = 99;
  SQLite::Database(path("jobs.db"), SQLite::OPEN_READWRITE)
      .exec(fmt::format("PRAGMA user_version = {}", newer));
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"list"},
                                                    {"add", "x", "-o", "b.mp4"},
                                                    {"--tariff", path("open.yaml"), "daemon"}}) {
    const auto finished = run(arguments);
    CHECK(finished.code == 2);
    CHECK(finished.error_line().find("newer turbodiff-sched (version 99") != std::string::npos);
  }
  SQLite::Database store(path("jobs.db"), SQLite::OPEN_READONLY);
  CHECK(store.execAndGet("PRAGMA user_version").getInt() == newer);
  CHECK(store.execAndGet("SELECT count(*) FROM jobs").getInt() == 1);
}

TEST_CASE_FIXTURE(SchedPlace, "an idle daemon is small, sleeps, and keeps a second one out") {
  std::ofstream prompts(path("prompts.txt"));
  for (int i = 0; i < 500; ++i) prompts << "a red circle number " << i << '\n';
  prompts.close();
  CHECK(run({"add", "--prompts", "prompts.txt", "-o", "{index}.mp4"}).code == 0);
  auto options = call({"--tariff", path("closed.yaml"), "daemon"});
  options.errors = core::SubprocessOptions::Stream::null;
  core::Subprocess daemon(std::move(options));
  const auto before = settled(daemon.pid());
  REQUIRE(before);
  std::this_thread::sleep_for(std::chrono::seconds(2));
  CHECK(activity_of(daemon.pid()) == *before);
  // A sanitizer's own memory and threads are not the daemon's.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  constexpr std::int64_t most_kib = 30 * 1024;
  CHECK(status_of(daemon.pid(), "VmRSS") <= most_kib);
  CHECK(status_of(daemon.pid(), "Threads") == 1);
#endif

  for (const std::vector<std::string>& second :
       {std::vector<std::string>{"daemon"}, std::vector<std::string>{"run", "--once"}}) {
    std::vector<std::string> arguments = {"--tariff", path("open.yaml")};
    arguments.insert(arguments.end(), second.begin(), second.end());
    const auto finished = run(arguments);
    CHECK(finished.code == 4);
    CHECK(finished.error_line().find(fmt::format("(process {}) runs the jobs of", daemon.pid())) !=
          std::string::npos);
  }
  CHECK(stop(daemon).ok());
}
