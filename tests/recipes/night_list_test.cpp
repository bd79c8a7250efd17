// examples/recipes/night-list.yaml, examples/crontab, examples/night.sh
#include <algorithm>
#include <sstream>

#include "night_machine.h"

using namespace turbodiff;
using namespace turbodiff::testing;
namespace fs = std::filesystem;

namespace {

struct CronLine {
  int hour = 0, minute = 0;
  std::string command;
};

/// The lines of a crontab, by time of day; its variables become those of the machine.
std::vector<CronLine> read_crontab(NightMachine& machine) {
  std::ifstream in(NightMachine::example("crontab"));
  std::vector<CronLine> lines;
  for (std::string text; std::getline(in, text);) {
    if (text.empty() || text[0] == '#') continue;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos && text.find(' ') > equals) {
      machine.place().set(text.substr(0, equals), text.substr(equals + 1));
      continue;
    }
    CronLine line;
    std::istringstream fields(text);
    std::string day, month, weekday;
    fields >> line.minute >> line.hour >> day >> month >> weekday;
    CHECK((day + month + weekday) == "***");
    std::getline(fields, line.command);
    const std::string installed = "/usr/local/bin/";
    for (std::size_t at = 0; (at = line.command.find(installed)) != std::string::npos;)
      line.command.replace(at, installed.size(), NightMachine::bin().string() + "/");
    lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end(), [](const CronLine& a, const CronLine& b) {
    return std::pair(a.hour, a.minute) < std::pair(b.hour, b.minute);
  });
  return lines;
}

}  // namespace

TEST_CASE_FIXTURE(NightMachine, "cron queues the evening's list and runs it in the cheap window") {
  configure("night-list.yaml");
  fs::create_directory(home() / "videos");
  write_file(home() / "videos/tonight.txt", "# tonight\na red circle moving right\n\na blue square\n");
  const std::vector<CronLine> lines = read_crontab(*this);
  REQUIRE(lines.size() == 2);
  for (const CronLine& line : lines) {
    set_time(at(1, line.hour, line.minute));
    const Finished finished = shell(line.command);
    CHECK_MESSAGE(finished.code == 0, finished.err);
    // cron mails whatever is printed.
    CHECK((finished.out + finished.err).find("error") == std::string::npos);
  }
  REQUIRE(jobs().size() == 2);
  check_done(jobs(), at(1, 22), at(2, 8), 0.45);
  CHECK(fs::path(jobs()[0]["output"].get<std::string>()).parent_path() == home() / "videos");

  // By day nothing runs, and the timer's unit does the same on the next evening.
  REQUIRE(shell("turbodiff-sched add 'a green circle' -o videos/day.mp4 --steps 1").code == 0);
  set_time(at(2, 12));
  CHECK(shell(lines.back().command).code == 0);
  CHECK(count_state("queued") == 1);
  const Finished units = shell("turbodiff-sched install-service --once --dry-run");
  CHECK(units.out.find("OnCalendar=*-*-* 22:00:00 Asia/Shanghai\n") != std::string::npos);
  set_time(at(2, 22));
  CHECK(shell(service_command("--once")).code == 0);
  CHECK(count_state("done") == 3);
}

TEST_CASE_FIXTURE(NightMachine,
                  "a script posts its prompts one by one and finds all videos at its last line") {
  configure("night-list.yaml");
  write_file(home() / "prompts.txt", "a red circle moving right\na blue square\n# no more\n");
  boot(at(1, 22, 5), "turbodiff-sched daemon --http 127.0.0.1:0");
  const std::string key = "http://127.0.0.1:";
  wait_for("the API", [&] { return told().find(key) != std::string::npos; });
  const std::size_t begin = told().find(key);
  place().set("TURBODIFF_SERVER",
              told().substr(begin, told().find_first_not_of("0123456789", begin + key.size()) - begin));
  place().set("SHUTDOWN", "find videos -name *.mp4");
  const Finished script = shell("bash " + NightMachine::example("night.sh").string() + " prompts.txt");
  CHECK_MESSAGE(script.code == 0, script.err);
  const std::size_t last = script.out.find("2 videos done\n");
  REQUIRE_MESSAGE(last != std::string::npos, script.out);
  const std::string found = script.out.substr(last);
  CHECK(std::count(found.begin(), found.end(), '\n') == 3);
  off();
  REQUIRE(jobs().size() == 2);
  check_done(jobs(), at(1, 22, 5), at(2, 8), 0.45);
}
