// install-service through the real program, and the units that the examples show.
#include <set>

#include "core/os/subprocess.h"
#include "sched_program.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

using Strings = std::vector<std::string>;

struct ServicePlace : SchedPlace {
  Finished install(Strings more = {}) const {
    Strings arguments{"--tariff", "cn-two-rate", "install-service"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
};

/// A unit as the example has it: neither this machine's program nor this test's store.
std::string as_example(std::string text) {
  const auto replace = [&](const std::string& what, const std::string& by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
      text.replace(at, what.size(), by);
  };
  replace((program_path().parent_path() / "turbodiff-sched").string(), "/usr/local/bin/turbodiff-sched");
  const std::size_t store = text.find(" --store ");
  if (store != std::string::npos) text.erase(store, text.find(' ', store + 9) - store);
  return text;
}

}  // namespace

TEST_CASE_FIXTURE(ServicePlace, "units are written, reported, kept when changed by hand, and removed") {
  const std::string folder = path("units");
  const auto wrote = install({"--folder", folder, "--", "--watch", path("drop box")});
  CHECK_MESSAGE(wrote.code == 0, wrote.err);
  CHECK(wrote.out.find("systemctl --user enable --now turbodiff-sched.service") != std::string::npos);
  const std::string unit = read_file(folder + "/turbodiff-sched.service");
  CHECK(unit.find("--tariff cn-two-rate") != std::string::npos);
  CHECK(unit.find("--store " + path("jobs.db")) != std::string::npos);
  CHECK(unit.find("daemon --watch \"" + path("drop box") + "\"") != std::string::npos);
  CHECK(install({"--folder", folder, "--", "--watch", path("drop box")}).code == 0);  // the same again

  write_file(path("other.yaml"), "version: 1\n");
  const auto other =
      json({"--tariff", "cn-two-rate", "--config", "other.yaml", "install-service", "--dry-run"});
  CHECK(other["files"][0]["text"].get<std::string>().find(" --config " + path("other.yaml") + " --tariff") !=
        std::string::npos);

  write_file(folder + "/turbodiff-sched.service", "# mine\n");
  const auto kept = install({"--folder", folder});
  CHECK(kept.code == 2);
  CHECK(kept.err.find("--force") != std::string::npos);
  CHECK(read_file(folder + "/turbodiff-sched.service") == "# mine\n");
  CHECK(install({"--folder", folder, "--force"}).code == 0);
  CHECK(read_file(folder + "/turbodiff-sched.service") != "# mine\n");

  CHECK(install({"--folder", folder, "--uninstall"}).code == 0);
  CHECK(fs::is_empty(folder));
  CHECK(install({"--folder", folder, "--uninstall"}).code == 3);
}

TEST_CASE_FIXTURE(ServicePlace,
                  "a user's units lie in XDG_CONFIG_HOME, and --once fires when off-peak time begins") {
  place().set("XDG_CONFIG_HOME", path("config"));
  const auto done = json({"--tariff", "cn-two-rate", "install-service", "--once"});
  for (const std::string& violation : schema_violations(read_schema("sched-install-service"), done))
    FAIL_CHECK(violation);
  REQUIRE(done["files"].size() == 2);
  CHECK(done["files"][1]["path"] == path("config/systemd/user/turbodiff-once.timer"));
  CHECK(read_file(path("config/systemd/user/turbodiff-once.timer"))
            .find("OnCalendar=*-*-* 22:00:00 Asia/Shanghai\n") != std::string::npos);
}

TEST_CASE_FIXTURE(ServicePlace, "what does not fit is refused in one line") {
  CHECK(run({"install-service"}).err.find("no tariff is given") != std::string::npos);
  CHECK(install({"--user", "--system"}).code == 2);
  CHECK(install({"--once", "--daemon"}).code == 2);
  write_file(path("file"), "");
  CHECK(install({"--folder", path("file/x")}).code == 2);
}

TEST_CASE_FIXTURE(ServicePlace,
                  "the units of the examples are those that are written, and systemd takes them") {
  const fs::path examples = fs::path(TURBODIFF_SOURCE_DIR) / "examples/systemd";
  std::set<std::string> shown;
  for (const char* kind : {"--daemon", "--once"}) {
    const auto units = json({"--tariff", "cn-two-rate", "install-service", kind, "--dry-run"});
    for (const auto& file : units["files"]) {
      const std::string name = fs::path(file["path"].get<std::string>()).filename().string();
      shown.insert(name);
      CHECK(read_file(examples / name) == as_example(file["text"]));
    }
  }
  CHECK(shown ==
        std::set<std::string>{"turbodiff-sched.service", "turbodiff-once.service", "turbodiff-once.timer"});

  if (!fs::exists("/usr/bin/systemd-analyze")) return;
  CHECK(install({"--folder", path("units"), "--once"}).code == 0);
  CHECK(install({"--folder", path("units")}).code == 0);
  core::SubprocessOptions verify;
  verify.argv = {"/usr/bin/systemd-analyze", "verify", "--user", path("units/turbodiff-sched.service"),
                 path("units/turbodiff-once.timer")};
  const auto verified = core::run_process(std::move(verify));
  for (const char* ours : {"turbodiff-sched.service", "turbodiff-once"})
    CHECK_MESSAGE(verified.errors.find(ours) == std::string::npos, verified.errors);
}
