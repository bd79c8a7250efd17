#include "service/service_units.h"

#include <algorithm>
#include <filesystem>

#include "core/os/subprocess.h"
#include "testing.h"

using namespace turbodiff;
using service::unit_word;

TEST_CASE("words of a command line are quoted for systemd") {
  CHECK(unit_word("daemon") == "daemon");
  CHECK(unit_word("") == "\"\"");
  CHECK(unit_word("/a folder/x") == "\"/a folder/x\"");
  CHECK(unit_word("100%") == "100%%");
  CHECK(unit_word("$HOME") == "$$HOME");
  CHECK(unit_word("say \"a\\b\"") == "\"say \\\"a\\\\b\\\"\"");
}

TEST_CASE("the daemon is a service that tells when it is ready; run --once has a timer") {
  service::ServiceSettings settings{.program = "/opt/my tools/turbodiff-sched",
                                    .global = {"--tariff", "cn-two-rate"},
                                    .options = {"--watch", "/in box"}};
  const auto daemon = service::service_units(settings);
  REQUIRE(daemon.size() == 1);
  CHECK(daemon[0].name == "turbodiff-sched.service");
  CHECK(
      daemon[0].text.find(
          "ExecStart=\"/opt/my tools/turbodiff-sched\" --tariff cn-two-rate daemon --watch \"/in box\"\n") !=
      std::string::npos);
  CHECK(daemon[0].text.find("Type=notify\n") != std::string::npos);
  CHECK(daemon[0].text.find("WantedBy=default.target\n") != std::string::npos);
  CHECK(daemon[0].text.find("User=") == std::string::npos);
  settings.once = settings.system = true;
  settings.calendar = {"*-*-* 22:00:00 Asia/Shanghai"};
  auto once = service::service_units(settings);
  REQUIRE(once.size() == 5);
  std::rotate(once.begin(), once.begin() + 3, once.end());  // after what the service's user needs
  CHECK(once[0].text.find("run --once") != std::string::npos);
  CHECK(once[0].text.find("[Install]") == std::string::npos);
  CHECK(once[1].name == "turbodiff-once.timer");
  CHECK(once[1].text.find("OnCalendar=*-*-* 22:00:00 Asia/Shanghai\n") != std::string::npos);
  CHECK(once[1].text.find("WakeSystem=yes\n") != std::string::npos);
}

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("the machine's service has a user of its own, who may write what it was given and nothing else") {
  service::ServiceSettings settings{.program = "/usr/local/bin/turbodiff-sched",
                                    .options = {"--watch", "/srv/drop"},
                                    .system = true,
                                    .writable = {"/srv/drop"}};
  const auto units = service::service_units(settings);
  REQUIRE(units.size() == 4);
  CHECK(units[0].folder == "/etc/sysusers.d");
  CHECK(has_line(units[0].text, "m turbodiff render"));
  CHECK(units[1].folder == "/etc/tmpfiles.d");
  CHECK(has_line(units[1].text, "z /sys/class/rtc/rtc0/wakealarm 0660 root turbodiff - -"));
  CHECK(units[2].folder == "/etc/polkit-1/rules.d");
  CHECK(units[2].text.find("subject.user == \"turbodiff\"") != std::string::npos);
  const std::string& service = units[3].text;
  for (const char* line :
       {"User=turbodiff", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "NoNewPrivileges=yes",
        "CapabilityBoundingSet=", "UMask=0077", "ReadWritePaths=/srv/drop"})
    CHECK_MESSAGE(has_line(service, line), line);
  CHECK(service.find("User=root") == std::string::npos);

  settings.writable = {"/home/me/drop box"};
  const std::string homely = service::service_units(settings)[3].text;
  CHECK(has_line(homely, "ProtectHome=read-only"));
  CHECK(has_line(homely, "ReadWritePaths=\"/home/me/drop box\""));
}

TEST_CASE("systemd finds little to expose in the machine's services") {
  if (!std::filesystem::exists("/usr/bin/systemd-analyze")) {
    MESSAGE("skipped: systemd-analyze is not installed");
    return;
  }
  const testing::TempDir folder;
  for (const bool once : {false, true})
    for (const bool system : {false, true}) {
      const service::ServiceSettings settings{.program = "/usr/local/bin/turbodiff-sched",
                                              .once = once,
                                              .system = system,
                                              .calendar = {"hourly"}};
      for (const service::UnitFile& unit : service::service_units(settings)) {
        if (!unit.name.ends_with(".service")) continue;
        testing::write_file(folder / unit.name, unit.text);
        core::SubprocessOptions options;
        options.argv = {"/usr/bin/systemd-analyze", "security", "--offline=true", "--no-pager",
                        (folder / unit.name).string()};
        const auto analysed = core::run_process(std::move(options));
        const std::string mark = "Overall exposure level for " + unit.name + ": ";
        const std::size_t at = analysed.output.find(mark);
        REQUIRE_MESSAGE(at != std::string::npos, analysed.errors << analysed.output);
        const double exposure = std::stod(analysed.output.substr(at + mark.size()));
        MESSAGE(std::string(system ? "--system " : "--user ") << unit.name << ": exposure " << exposure);
        if (system) CHECK(exposure <= 4.0);
      }
    }
}
