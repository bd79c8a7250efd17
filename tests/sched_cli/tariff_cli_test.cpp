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

TEST_CASE_FIXTURE(SchedPlace, "flag before variable before file") {
  write_file(path("config.yaml"), "version: 1\ntariff: open.yaml\n");
  CHECK(json({"--config", path("config.yaml"), "tariff", "show"})["name"] == "open");
  place().set("TURBODIFF_TARIFF", path("closed.yaml"));
  CHECK(json({"--config", path("config.yaml"), "tariff", "show"})["name"] == "closed");
  CHECK(json({"--config", path("config.yaml"), "tariff", "show", "--tariff", "cn-two-rate"})["name"] ==
        "cn-two-rate");
}
