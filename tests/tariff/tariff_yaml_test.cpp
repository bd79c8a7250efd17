#include "tariff/tariff_yaml.h"

#include "contains.h"
#include "tariff/tariff_folder.h"
#include "testing.h"

using namespace turbodiff;
using testing::contains;
using testing::TempDir;

namespace {

const std::string head = "version: 1\nname: test\ntimezone: Europe/Berlin\ncurrency: EUR\n";
const std::string flat = "rates: { all: { price: 0.3 } }\ncalendar: [ { rate: all } ]\n";

std::vector<std::string> problems_of(const std::string& text, const std::filesystem::path& folder = ".") {
  core::Problems problems;
  tariff::parse_tariff(text, "t.yaml", folder, problems);
  return problems.lines();
}

/// The one problem of a text.
std::string problem_of(const std::string& text, const std::filesystem::path& folder = ".") {
  const auto lines = problems_of(text, folder);
  REQUIRE_MESSAGE(lines.size() == 1, lines.size() << " problems with\n"
                                                  << text << (lines.empty() ? "" : lines[0]));
  return lines[0];
}

}  // namespace

TEST_CASE("every shipped tariff can be read and is described") {
  const std::vector<std::filesystem::path> folders = {std::filesystem::path(TURBODIFF_SOURCE_DIR) /
                                                      "schedules"};
  const auto entries = tariff::list_tariffs(folders);
  CHECK(entries.size() >= 5);
  for (const tariff::TariffEntry& entry : entries) {
    CAPTURE(entry.name);
    CHECK(entry.problem == "");
    CHECK(entry.description != "");
    CHECK(tariff::read_tariff(entry.path).name == entry.name);
  }
}

TEST_CASE("what is wrong in a tariff is reported with file, line and key") {
  CHECK(problems_of(head + flat).empty());
  const auto line_of = [](const std::string& problem) { return problem.substr(0, problem.find(": ")); };
  struct Bad {
    std::string text, where, part;
  };
  const std::vector<Bad> cases = {
      {head + flat + "colour: red\n", "t.yaml:7:1", "unknown key 'colour'"},
      {head + flat + "name: again\n", "t.yaml:7:1", "name"},
      {head + "rates: { all: { price: 0.3 } }\ncalendar: [ { rate: al } ]\n", "t.yaml:6:21",
       "unknown rate 'al'"},
      {head + "rates: { all: { off_peak: true } }\ncalendar: [ { rate: all } ]\n", "t.yaml:5:15",
       "price is missing"},
      {head + "rates: { all: { price: 0.3 } }\ncalendar: [ { season: winter, rate: all }, { rate: all } ]\n",
       "t.yaml:6:23", "unknown season 'winter'"},
      {head + "rates: { all: { price: 0.3 } }\ncalendar: [ { days: [moo], rate: all }, { rate: all } ]\n",
       "t.yaml:6:22", "unknown day 'moo'"},
      {"version: 1\nname: test\ntimezone: Europe/Berlim\ncurrency: EUR\n" + flat, "t.yaml:3:11",
       "unknown zone"},
      {"version: 1\nname: Test Tariff\ntimezone: UTC\ncurrency: EUR\n" + flat, "t.yaml:2:7", "name must"},
      {"version: 1\nname: test\ntimezone: UTC\ncurrency: Euro\n" + flat, "t.yaml:4:11", "currency must"},
      {head + "seasons:\n  - { name: a, from: 01-01, to: 06-30 }\n  - { name: b, from: 06-30, to: 12-31 }\n" +
           flat,
       "t.yaml:7:5", "overlaps 'a'"},
      {head + "seasons:\n  - { name: a, from: 11-01, to: 02-29 }\n  - { name: b, from: 02-29, to: 03-31 }\n" +
           flat,
       "t.yaml:7:5", "overlaps 'a'"},
      {head + flat + "holidays: [2026-02-30]\n", "t.yaml:7:12", "holidays must be a date"},
      {head + flat + "adders: { vat: -0.1 }\n", "t.yaml:7:16", "adders.vat"},
      {head + "rates: { all: { price: 0.3 } }\ncalendar: [ { hours: \"8-22\", rate: all }, { rate: all } ]\n",
       "t.yaml:6:22", "hours"},
      {head + "rates: { all: { price: 0.3 } }\ncalendar: [ { holidays: never, rate: all }, { rate: all } ]\n",
       "t.yaml:6:25", "exclude or only"},
      {head + "prices: { interval: 1h }\n", "t.yaml:5:9", "prices.file"},
      {head + "rates: { all: { price: 0.3 }, all: { price: 0.4 } }\ncalendar: [ { rate: all } ]\n",
       "t.yaml:5:31", "'all' is defined twice"},
      {head + "rates: { all: { price: 0.3, price: 0.4 } }\ncalendar: [ { rate: all } ]\n", "t.yaml:5:29",
       "'price' is defined twice"},
      {head + "rates: { all: { price: 0.3 } }\ncalendar: [ { days: [], rate: all }, { rate: all } ]\n",
       "t.yaml:6:21", "calendar.days is an empty list"},
      {head +
           "rates: { all: { price: 0.3 } }\ncalendar: [ { days: [mon-tues], rate: all }, { rate: all } ]\n",
       "t.yaml:6:22", "unknown day 'tues'"},
      {head + "rates: { all: { price: 0.3 }, " + std::string(201, 'x') +
           ": { price: 1 } }\ncalendar: [ { rate: all } ]\n",
       "t.yaml:5:31", "longer than 200 bytes"},
      {head + flat +
           "adders: { per_kwh: { rates: { a: { price: 1, off_peak: true } }, calendar: [ { rate: a } ] } }\n",
       "t.yaml:7:46", "unknown key 'adders.per_kwh.rates.a.off_peak'"},
      {head + flat + "adders: { per_kwh: { rates: { a: { price: 1 } }, calendar: [ { rate: b } ] } }\n",
       "t.yaml:7:70", "unknown rate 'b'"},
      {head + "prices: { url: \"https://x.example\", interval: 1h, fallback: {} }\n", "t.yaml:5:61",
       "prices.fallback.price is missing"},
  };
  for (const Bad& bad : cases) {
    CAPTURE(bad.text);
    const std::string problem = problem_of(bad.text);
    CHECK(line_of(problem) == bad.where);
    CHECK_MESSAGE(contains(problem, bad.part), problem);
  }
}

TEST_CASE("a calendar with a hole names the first local instant that no rule covers") {
  CHECK(contains(
      problem_of(head +
                 "rates: { all: { price: 0.3 } }\ncalendar: [ { hours: \"06:00-24:00\", rate: all } ]\n"),
      "2024-01-01 00:00"));
  // On 2026-10-25 02:30 comes twice, on 2026-03-29 never: neither is a hole.
  CHECK(problems_of(
            head + "rates: { all: { price: 0.3 } }\ncalendar: [ { hours: [\"00:00-12:00\", \"12:00-24:00\"], "
                   "rate: all } ]\n")
            .empty());
  CHECK(contains(problem_of(head + "rates: { all: { price: 0.3 } }\nholidays: [2027-05-01]\n"
                                   "calendar: [ { holidays: exclude, rate: all } ]\n"),
                 "2027-05-01 00:00"));
  CHECK(contains(
      problem_of(head + "rates: { all: { price: 0.3 } }\nseasons: [ { name: a, from: 01-01, to: 12-30 } ]\n"
                        "calendar: [ { season: a, rate: all } ]\n"),
      "2024-12-31 00:00"));
  CHECK(contains(problem_of(head + flat +
                            "adders:\n  per_kwh:\n    rates: { a: { price: 1 } }\n    calendar: [ { days: "
                            "mon-sat, rate: a } ]\n"),
                 "adders.per_kwh.calendar: no rule covers 2024-01-07 00:00"));
}

TEST_CASE("series: rows twice, overlapping or unreadable are refused with their line") {
  const TempDir folder;
  const std::string text = head + "prices: { file: p.csv, interval: 1h }\n";
  const auto problem_with = [&](const std::string& csv) {
    testing::write_file(folder / "p.csv", csv);
    return problem_of(text, folder.path());
  };
  CHECK(contains(problem_with("start,price\n2026-01-01T00:00:00Z,0.1\n2026-01-01T01:00:00+01:00,0.2\n"),
                 ":3: start: duplicate row"));
  CHECK(contains(problem_with("start,price\n2026-01-01T00:00:00Z,0.1\n2026-01-01T00:30:00Z,0.2\n"), ":3: "));
  CHECK(contains(problem_with("start,price\n2026-01-01T00:00:00,0.1\n"),
                 ":2: start must be a time with an offset"));
  CHECK(contains(problem_with("start,price\n2026-01-01T00:00:00Z,cheap\n"), ":2: price must be a number"));
  CHECK(contains(problem_with("start,price\n2026-01-01T00:00:00Z\n"), ":2: expected the two columns"));
  testing::write_file(folder / "p.csv", "\xEF\xBB\xBFstart,price\r\n2026-01-01T00:00:00Z,0.1\r\n\r\n");
  CHECK(problems_of(text, folder.path()).empty());
  std::filesystem::remove(folder / "p.csv");
  CHECK(contains(problem_of(head + "prices: { file: /dev/zero, interval: 1h }\n"), "is not a regular file"));
  CHECK(contains(problem_of(text, folder.path()), "does not exist"));
}

TEST_CASE("a tariff is found by name, by path, or not at all with the names there are") {
  const std::vector<std::filesystem::path> folders = {std::filesystem::path(TURBODIFF_SOURCE_DIR) /
                                                      "schedules"};
  CHECK(tariff::find_tariff("cn-two-rate", folders).filename() == "cn-two-rate.yaml");
  const Error error = testing::error_of([&] { tariff::find_tariff("cn-two-rates", folders); });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(contains(error.message(), "did you mean 'cn-two-rate'"));
  CHECK(contains(error.hint(), "cn-two-rate"));
  CHECK_THROWS_AS(tariff::find_tariff("./nothing.yaml", folders), Error);
}
