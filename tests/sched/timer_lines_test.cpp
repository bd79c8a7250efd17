// The timer of install-service --once against two years of the tariffs it is made for.
#include <fmt/format.h>

#include <cstdlib>
#include <random>
#include <set>

#include "core/os/subprocess.h"
#include "core/yaml/yaml_reader.h"
#include "service/service_units.h"
#include "tariff/local_time.h"
#include "tariff/make_curve.h"
#include "tariff/tariff_yaml.h"
#include "testing.h"

using namespace turbodiff;
using tariff::Seconds;

namespace {

constexpr Seconds day_s = tariff::seconds_a_day;
/// 2026-11-30 00:00 UTC: the season, holidays and clock of a tariff's zone change after it.
constexpr Seconds november = 20'787 * day_s;
constexpr Seconds two_years = 731 * day_s;

tariff::Tariff parse(const std::string& text) {
  core::Problems problems;
  tariff::Tariff made = tariff::parse_tariff(text, "t.yaml", "/", problems);
  REQUIRE_MESSAGE(problems.lines().empty(), fmt::format("{}\n{}", fmt::join(problems.lines(), "\n"), text));
  return made;
}

std::set<Seconds> window_starts(const tariff::Tariff& tariff) {
  std::set<Seconds> starts;
  bool before = true;
  const tariff::PriceCurve curve = tariff::make_curve(tariff, november, november + two_years);
  for (const auto& segment : curve.segments()) {
    if (segment.off_peak && !before) starts.insert(segment.start);
    before = segment.off_peak;
  }
  return starts;
}

/// "22:30:00".
Seconds second_of(const std::string& clock) {
  return std::stoi(clock.substr(0, 2)) * 3600 + std::stoi(clock.substr(3, 2)) * 60 +
         std::stoi(clock.substr(6, 2));
}

/// When systemd.time(7) has a line elapse, for the forms that timer_lines() writes.
std::set<Seconds> elapses(const std::string& line) {
  std::set<Seconds> all;
  const auto every = [&](Seconds step) {
    for (Seconds at = november; at < november + two_years; at += step) all.insert(at);
  };
  if (line == "hourly") return every(3600), all;
  if (line == "*-*-* *:00/15:00") return every(900), all;
  if (line == "*-*-* *:00/5:00") return every(300), all;
  const std::string clock = line.substr(line.find(' ') + 1, 8), zone_name = line.substr(line.rfind(' ') + 1);
  const auto zone = tariff::LocalZone::find(zone_name).value();
  if (line.starts_with("*-*-* ")) {
    for (tariff::LocalDay day = november / day_s - 1; day <= (november + two_years) / day_s + 1; ++day) {
      // A time that does not exist is left out, of two the first is taken.
      const auto instants = zone.instants_of(day * day_s + second_of(clock));
      if (!instants.empty()) all.insert(instants.front());
    }
    return all;
  }
  REQUIRE_MESSAGE(zone_name == "UTC", line);
  const auto day = tariff::day_of(
      {std::stoi(line.substr(0, 4)), std::stoi(line.substr(5, 2)), std::stoi(line.substr(8, 2))});
  all.insert(day.value() * day_s + second_of(clock));
  return all;
}

/// As systemd itself says; nothing where it is not installed.
std::optional<std::set<Seconds>> elapses_of_systemd(const std::string& line) {
  if (!std::filesystem::exists("/usr/bin/systemd-analyze")) return std::nullopt;
  core::SubprocessOptions options;
  options.argv = {"/usr/bin/systemd-analyze", "calendar", "--iterations=740", "--base-time=2026-11-30 UTC",
                  line};
  options.environment = {{"TZ", "America/New_York"}, {"LC_ALL", "C"}};
  const auto run = core::run_process(std::move(options));
  REQUIRE_MESSAGE(run.status.code == 0, run.errors);
  std::set<Seconds> all;
  const std::string mark = "(in UTC): ";
  for (std::size_t at = 0; (at = run.output.find(mark, at)) != std::string::npos;) {
    at += mark.size() + 4;  // "Mon "
    const std::string date = run.output.substr(at, 10), clock = run.output.substr(at + 11, 8);
    const auto day = tariff::day_of(
        {std::stoi(date.substr(0, 4)), std::stoi(date.substr(5, 2)), std::stoi(date.substr(8, 2))});
    all.insert(day.value() * day_s + second_of(clock));
  }
  return all;
}

/// Seconds that the latest window of two years waits for its timer; `from` is when the timer was made.
Seconds longest_wait(const tariff::Tariff& tariff, const std::vector<std::string>& lines,
                     const std::function<std::set<Seconds>(const std::string&)>& when) {
  std::set<Seconds> all;
  for (const std::string& line : lines) all.merge(when(line));
  Seconds longest = 0;
  for (const Seconds start : window_starts(tariff)) {
    const auto next = all.lower_bound(start);
    const Seconds wait = next == all.end() ? two_years : *next - start;
    CHECK_MESSAGE(wait <= 900, tariff.name << ": " << tariff::format_local(start, tariff.zone));
    longest = std::max(longest, wait);
  }
  return longest;
}

std::string random_tariff(std::mt19937& random) {
  const auto below = [&](int count) { return static_cast<int>(random() % static_cast<unsigned>(count)); };
  const char* zones[] = {"America/Los_Angeles", "Europe/Berlin",  "Australia/Lord_Howe", "Asia/Shanghai",
                         "America/Santiago",    "Asia/Kathmandu", "Africa/Casablanca",   "UTC"};
  const auto clock = [&] { return fmt::format("{:02}:{:02}", below(24), below(4) * 15); };
  std::string rules;
  for (int i = below(4); i >= 0; --i) {
    std::string rule;
    if (below(2) == 0) rule += fmt::format("season: {}, ", below(2) == 0 ? "summer" : "deep");
    if (below(2) == 0) rule += below(2) == 0 ? "days: [mon-fri], " : "days: [sat, sun], ";
    if (below(3) == 0) rule += below(2) == 0 ? "holidays: only, " : "holidays: exclude, ";
    const std::string from = clock();
    std::string to = clock();
    if (to == from) to = "24:00";
    rules += fmt::format("  - {{ {}hours: \"{}-{}\", rate: {} }}\n", rule, from, to,
                         below(2) == 0 ? "low" : "high");
  }
  return fmt::format(
      "version: 1\nname: random\ntimezone: {}\ncurrency: EUR\n"
      "rates: {{ high: {{ price: 0.5 }}, low: {{ price: 0.2, off_peak: true }} }}\n"
      "seasons:\n  - {{ name: summer, from: 06-01, to: 09-30 }}\n  - {{ name: deep, from: 12-15, to: 01-10 "
      "}}\n"
      "holidays: [2027-02-03, 2027-07-05, 2028-03-01]\n"
      "calendar:\n{}  - {{ rate: {} }}\n",
      zones[below(8)], rules, below(2) == 0 ? "low" : "high");
}

}  // namespace

TEST_CASE("whatever day a window of a shipped tariff begins, its timer made in November starts then") {
  int tariffs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(TURBODIFF_SOURCE_DIR "/schedules")) {
    if (entry.path().extension() != ".yaml") continue;
    const tariff::Tariff tariff = tariff::read_tariff(entry.path());
    const auto lines = service::timer_lines(tariff, november);
    const Seconds wait = longest_wait(tariff, lines, elapses);
    MESSAGE(tariff.name << ": " << fmt::format("{}", fmt::join(lines, ", ")) << "; at most " << wait
                        << " s late");
    if (tariff.calendar) CHECK(wait == 0);
    ++tariffs;
  }
  CHECK(tariffs >= 5);
}

TEST_CASE("what systemd makes of the lines is what is meant") {
  if (!elapses_of_systemd("hourly")) {
    MESSAGE("skipped: systemd-analyze is not installed");
    return;
  }
  std::mt19937 random(4);
  std::vector<tariff::Tariff> tariffs = {
      tariff::read_tariff(TURBODIFF_SOURCE_DIR "/schedules/us-smud-tod.yaml"),
      tariff::read_tariff(TURBODIFF_SOURCE_DIR "/schedules/cn-five-level.yaml")};
  for (int i = 0; i < 4; ++i) tariffs.push_back(parse(random_tariff(random)));
  for (const tariff::Tariff& tariff : tariffs) {
    const auto lines = service::timer_lines(tariff, november);
    if (lines.front().find("/15") != std::string::npos || lines.front() == "hourly") continue;
    CHECK(longest_wait(tariff, lines, [](const std::string& line) { return *elapses_of_systemd(line); }) ==
          0);
  }
}

TEST_CASE("seasons, holidays, weekdays and both clock changes of tariffs by chance are met") {
  std::mt19937 random(7);
  for (int i = 0; i < 150; ++i) {
    const std::string text = random_tariff(random);
    const tariff::Tariff tariff = parse(text);
    const auto lines = service::timer_lines(tariff, november);
    CHECK_MESSAGE(lines.size() <= 70, text);
    CHECK_MESSAGE(longest_wait(tariff, lines, elapses) == 0, text);
  }
}

TEST_CASE(
    "the timer of a night that is the same all year has one line; of prices by the day, every quarter") {
  const auto shipped = [](const char* name) {
    return service::timer_lines(
        tariff::read_tariff(std::string(TURBODIFF_SOURCE_DIR "/schedules/") + name + ".yaml"), november);
  };
  CHECK(shipped("cn-two-rate") == std::vector<std::string>{"*-*-* 22:00:00 Asia/Shanghai"});
  CHECK(shipped("de-day-ahead") == std::vector<std::string>{"*-*-* *:00/15:00"});
  const auto constant = [](const char* off_peak) {
    return parse(
        fmt::format("version: 1\nname: c\ntimezone: UTC\ncurrency: EUR\nrates: {{ one: {{ price: 0.1, "
                    "off_peak: {} }} }}\ncalendar: [ {{ rate: one }} ]\n",
                    off_peak));
  };
  for (const char* off_peak : {"true", "false"})
    CHECK(service::timer_lines(constant(off_peak), november) == std::vector<std::string>{"hourly"});
}
