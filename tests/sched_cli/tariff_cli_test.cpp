#include "sched_program.h"

using namespace turbodiff;
using namespace turbodiff::testing;

TEST_CASE_FIXTURE(SchedPlace, "tariff show, check and list") {
  const auto tariff = json({"--tariff", "cn-two-rate", "tariff", "show", "--from",
                            "2026-01-01T00:00:00+08:00", "--to", "2026-01-02T00:00:00+08:00"});
  REQUIRE(tariff["segments"].size() == 3);
  CHECK(tariff["segments"][0]["start"] == "2025-12-31T16:00:00Z");
  CHECK(tariff["segments"][1]["rate"] == "peak");
  const auto text = run({"tariff", "show", "--tariff", "cn-two-rate"});
  CHECK(text.code == 0);
  CHECK(text.out.find("off-peak") != std::string::npos);
  CHECK(run({"tariff", "list"}).out.find("cn-two-rate") != std::string::npos);
  CHECK(run({"tariff", "check", "--tariff", path("open.yaml")}).code == 0);
  write_file(path("bad.yaml"), "version: 1\nname: bad\n");
  const auto bad = run({"tariff", "check", "--tariff", path("bad.yaml")});
  CHECK(bad.code == 2);
  CHECK(bad.err.find("bad.yaml:1:1: timezone is missing") != std::string::npos);
}

TEST_CASE_FIXTURE(SchedPlace, "what is wrong in a tariff ends with 2 and names file, line and key") {
  const std::string head = "version: 1\nname: bad\ntimezone: Europe/Berlin\ncurrency: EUR\n";
  const std::string rates = "rates: { all: { price: 0.3 } }\n";
  const std::string all = "calendar: [ { rate: all } ]\n";
  const std::string series = head + "prices: { file: p.csv, interval: 1h }\n";
  write_file(path("p.csv"), "start,price\n2026-01-01T00:00:00Z,0.1\n2026-01-01T01:00:00+01:00,0.2\n");
  struct Bad {
    std::string text, where, part;
  };
  const std::vector<Bad> cases = {
      {head + rates + all + "colour: red\n", "bad.yaml:7:", "colour"},
      {head + rates + all + "name: again\n", "bad.yaml:7:", "name"},
      {head + rates + "calendar: [ { rate: al } ]\n", "bad.yaml:6:", "calendar.rate: unknown rate 'al'"},
      {head + rates + "calendar: [ { season: ice, rate: all }, { rate: all } ]\n",
       "bad.yaml:6:", "season 'ice'"},
      {head + rates + "calendar: [ { days: may, rate: all }, { rate: all } ]\n", "bad.yaml:6:", "day 'may'"},
      {"version: 1\nname: bad\ntimezone: Mars/Base\ncurrency: EUR\n" + rates + all,
       "bad.yaml:3:", "timezone"},
      {head + "rates: { all: { off_peak: true } }\n" + all, "bad.yaml:5:", "rates.all.price is missing"},
      {head + "seasons:\n  - { name: a, from: 11-01, to: 02-28 }\n  - { name: b, from: 02-01, to: 03-31 }\n" +
           rates + all,
       "bad.yaml:7:", "seasons: season 'b' overlaps 'a'"},
      {head + rates + "calendar: [ { days: mon-sat, rate: all } ]\n",
       "bad.yaml:6:", "calendar: no rule covers 2024-01-07 00:00"},
      {series, "p.csv:3:", "start: duplicate row"},
  };
  for (const Bad& bad : cases) {
    CAPTURE(bad.text);
    write_file(path("bad.yaml"), bad.text);
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"tariff", "check"}, {"tariff", "show"}, {"plan"}}) {
      std::vector<std::string> arguments = {"--tariff", path("bad.yaml")};
      arguments.insert(arguments.end(), command.begin(), command.end());
      const auto finished = run(arguments);
      CHECK(finished.code == 2);
      CHECK_MESSAGE(finished.err.find(bad.where) != std::string::npos, finished.err);
      CHECK_MESSAGE(finished.err.find(bad.part) != std::string::npos, finished.err);
    }
  }
}

TEST_CASE_FIXTURE(SchedPlace, "several problems stand on a line each, with file and line") {
  write_file(path("bad.yaml"),
             "version: 1\nname: bad\ntimezone: Mars/Base\ncurrency: EUR\nrates: { all: { prise: 0.3 } }\n"
             "calendar: [ { rate: al } ]\n");
  const auto finished = run({"tariff", "check", "--tariff", path("bad.yaml")});
  CHECK(finished.code == 2);
  CHECK(finished.err.find("\\n") == std::string::npos);
  for (const char* line : {"error: ", "bad.yaml:3:11: timezone", "bad.yaml:5:", "bad.yaml:6:"})
    CHECK_MESSAGE(finished.err.find(line) != std::string::npos, finished.err);
  std::size_t lines = 0;
  for (std::size_t at = 0; (at = finished.err.find("error: ", at)) != std::string::npos; ++at) ++lines;
  CHECK(lines == 4);
  CHECK(static_cast<std::size_t>(std::count(finished.err.begin(), finished.err.end(), '\n')) == lines);
}

TEST_CASE_FIXTURE(SchedPlace, "tariff check says what can never count, and what makes a file unusable") {
  const std::string head = "version: 1\nname: odd\ntimezone: Europe/Berlin\ncurrency: EUR\n";
  const auto check = [&](const std::string& text) {
    write_file(path("odd.yaml"), head + text);
    const auto finished = run({"tariff", "check", "--tariff", path("odd.yaml")});
    const auto document = run({"tariff", "check", "--json", "--tariff", path("odd.yaml")});
    CHECK(document.code == finished.code);
    CHECK(document.json()["ok"] == (finished.code == 0));
    CHECK(schema_violations(read_schema("sched-tariff-check"), document.json()).empty());
    return finished;
  };
  const auto shadowed = check(
      "rates: { all: { price: 0.3 }, night: { price: 0.1 } }\ncalendar:\n  - { rate: all }\n"
      "  - { hours: \"22:00-06:00\", rate: night }\n");
  CHECK(shadowed.code == 0);
  CHECK(shadowed.out.find("odd.yaml:8:5: this rule never matches") != std::string::npos);
  CHECK(shadowed.out.find("odd.yaml:5:31: the rate 'night' is never used") != std::string::npos);
  CHECK(shadowed.out.find("odd can be used, 2 to look at") != std::string::npos);
  CHECK(shadowed.out.find("in order") == std::string::npos);

  // Pence; the file's own prices are far above what a kWh costs.
  std::string csv = "start,price\n";
  for (int hour = 0; hour < 24; ++hour)
    csv += fmt::format("2026-01-01T{:02}:00:00Z,{}.5\n", hour, 15 + hour % 9);
  write_file(path("p.csv"), csv);
  const auto pence = check("prices: { file: p.csv, interval: 1h, refresh: 5m }\n");
  CHECK(pence.code == 2);
  CHECK_MESSAGE(pence.out.find("p.csv: the prices lie around 19.5 EUR") != std::string::npos, pence.out);
  CHECK(pence.err.find("cannot be used as it is") != std::string::npos);
  write_file(path("p.csv"), "start,price\n");
  CHECK(check("prices: { file: p.csv, interval: 1h }\n").code == 2);
}

TEST_CASE_FIXTURE(SchedPlace, "holidays that end are reported by every command that goes by them") {
  write_file(path("days.yaml"),
             "version: 1\nname: days\ntimezone: UTC\ncurrency: EUR\nholidays: [2026-12-25]\n"
             "rates: { day: { price: 0.3 }, night: { price: 0.1, off_peak: true } }\ncalendar:\n"
             "  - { hours: \"06:00-22:00\", holidays: exclude, rate: day }\n  - { rate: night }\n");
  const auto at = [&](std::int64_t instant) {
    place().set("TURBODIFF_ALLOW_TEST_CLOCK", "1");
    place().set("TURBODIFF_TEST_CLOCK", fmt::format("{},{},1", instant, std::time(nullptr)));
  };
  at(1'790'000'000);  // 2026-09-21
  CHECK(run({"tariff", "show", "--tariff", path("days.yaml")}).err.find("holidays") == std::string::npos);
  at(1'797'000'000);  // 2026-12-11
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"tariff", "show"}, {"plan"}, {"run", "--once"}}) {
    std::vector<std::string> arguments = {"--tariff", path("days.yaml")};
    arguments.insert(arguments.end(), command.begin(), command.end());
    const auto warned = run(arguments);
    CHECK(warned.code == 0);
    CHECK_MESSAGE(warned.err.find(
                      "the holidays end on 2026-12-25: no later day counts as one for the rule of line 8") !=
                      std::string::npos,
                  warned.err);
  }
  CHECK(run({"tariff", "check", "--tariff", path("days.yaml")}).code == 0);
  at(1'800'000'000);  // 2027-01-15
  const auto ended = run({"tariff", "check", "--tariff", path("days.yaml")});
  CHECK(ended.code == 2);
  CHECK(ended.out.find("error: ") == 0);
  CHECK(run({"plan", "--tariff", path("days.yaml")}).err.find("error: ") != std::string::npos);
  CHECK(run({"plan", "--tariff", path("days.yaml")}).code == 0);
}

TEST_CASE_FIXTURE(SchedPlace, "flag before variable before file") {
  write_file(path("config.yaml"), "version: 1\ntariff: open.yaml\n");
  CHECK(json({"--config", path("config.yaml"), "tariff", "show"})["name"] == "open");
  place().set("TURBODIFF_TARIFF", path("closed.yaml"));
  CHECK(json({"--config", path("config.yaml"), "tariff", "show"})["name"] == "closed");
  CHECK(json({"--config", path("config.yaml"), "tariff", "show", "--tariff", "cn-two-rate"})["name"] ==
        "cn-two-rate");
}
