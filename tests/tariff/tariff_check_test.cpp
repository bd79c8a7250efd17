#include "tariff/tariff_check.h"

#include "tariff/feed_check.h"
#include "tariff/local_time.h"
#include "tariff/tariff_yaml.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::tariff;

namespace {

const std::string head = "version: 1\nname: t\ntimezone: Europe/Berlin\ncurrency: EUR\n";
const std::string two_rates = "rates: { day: { price: 0.3 }, night: { price: 0.1, off_peak: true } }\n";

Tariff read(const std::string& text) {
  core::Problems problems;
  Tariff tariff = parse_tariff(text, "t.yaml", ".", problems);
  CHECK(problems.lines() == std::vector<std::string>{});
  return tariff;
}

/// "LINE CODE MESSAGE" of each.
std::vector<std::string> shown(const std::vector<Finding>& findings) {
  std::vector<std::string> lines;
  for (const Finding& finding : findings) {
    std::string where = finding.where;
    if (where.starts_with("t.yaml:")) where = where.substr(7, where.find(':', 7) - 7);
    lines.push_back(where + " " + finding.code + " " + finding.message);
  }
  return lines;
}

std::vector<std::string> rules_of(const std::string& text) {
  return shown(check_rules(read(head + text)));
}
using Lines = std::vector<std::string>;

Seconds at(const std::string& text) {
  return *parse_rfc3339(text);
}

}  // namespace

TEST_CASE("rules, windows, rates, seasons and days that never count are found") {
  // Line 6 begins the calendar, its rules stand from line 7 on.
  const std::string calendar = two_rates + "calendar:\n";
  CHECK(rules_of(calendar + "  - { hours: \"06:00-22:00\", rate: day }\n  - { rate: night }\n").empty());
  CHECK(rules_of(calendar + "  - { rate: night }\n  - { hours: \"06:00-22:00\", rate: day }\n") ==
        Lines{"8 never-matches this rule never matches: the rules before it have all its hours (line 7)",
              "5 unused-rate the rate 'day' is never used: its rules never match"});
  // Several rules together leave nothing of a window over midnight.
  CHECK(
      rules_of(calendar +
               "  - { hours: \"20:00-24:00\", rate: day }\n  - { hours: \"00:00-08:00\", rate: night }\n"
               "  - { hours: \"22:00-06:00\", rate: night }\n  - { rate: day }\n") ==
      Lines{"9 never-matches this rule never matches: the rules before it have all its hours (lines 7, 8)"});
  CHECK(
      rules_of(calendar +
               "  - { hours: [\"06:00-22:00\", \"10:00-12:00\"], rate: day }\n  - { rate: night }\n") ==
      Lines{"7 never-matches the hours from 10:00 of this rule never match: earlier rules or hours have them "
            "(line 7)"});
  CHECK(rules_of(calendar + "  - { holidays: only, rate: night }\n  - { rate: day }\n") ==
        Lines{"7 never-matches this rule never matches: it asks for holidays, and there are none",
              "5 unused-rate the rate 'night' is never used: its rules never match"});
  // 2026-10-01 is a Thursday; 2026-10-10 counts as a Friday, and is no holiday.
  const std::string days = "holidays: [2026-10-01, 2026-10-10]\nworkdays: [2026-10-10]\n" + calendar;
  CHECK(rules_of(days + "  - { holidays: only, days: thu, rate: night }\n  - { days: sat, rate: night }\n"
                        "  - { rate: day }\n")
            .empty());
  CHECK(rules_of(days + "  - { holidays: only, days: [fri, sat], rate: night }\n  - { rate: night }\n"
                        "  - { rate: day }\n") ==
        Lines{"9 never-matches this rule never matches: no day is as it asks for",
              "11 never-matches this rule never matches: the rules before it have all its hours (line 10)",
              "7 unused-rate the rate 'day' is never used: its rules never match"});
  CHECK(rules_of(
            "seasons: [ { name: leap, from: 02-29, to: 02-29 }, { name: sun, from: 06-01, to: 08-31 } ]\n" +
            calendar + "  - { season: leap, rate: night }\n  - { rate: day }\n") ==
        Lines{"5 unused-season the season 'sun' is never used: no rule names it"});
  CHECK(rules_of("holidays: [2026-10-01]\n" + calendar +
                 "  - { hours: \"06:00-22:00\", rate: day }\n  - { rate: night }\n") ==
        Lines{"5 unused-days the holidays are never used: no rule asks for them"});
  CHECK(rules_of("rates: { a: { price: 0.1 }, b: { price: 0.2 } }\ncalendar: [ { rate: a } ]\n"
                 "adders: { per_kwh: { rates: { x: { price: 14.5 } }, calendar: [ { rate: x }, { rate: x } ] "
                 "} }\n") ==
        Lines{"5 unused-rate the rate 'b' is never used: no rule names it",
              "7 never-matches this rule never matches: the rules before it have all its hours (line 7)",
              "7 wrong-unit the rate 'x': 14.5 looks like a price per MWh, or in cents; it must be in EUR "
              "per kWh"});
}

TEST_CASE(
    "special days that end are reported 60 days before, after the last one, and as an error a year later") {
  const Tariff tariff =
      read(head + "holidays: [2026-10-01, 2026-12-25]\nworkdays: [2026-10-10]\n" + two_rates +
           "calendar:\n  - { hours: \"06:00-22:00\", holidays: exclude, rate: day }\n"
           "  - { days: [sat, sun], rate: night }\n  - { rate: night }\n");
  const auto found = [&](const std::string& now) { return check_tariff(tariff, at(now)); };
  CHECK(found("2026-10-25T20:00:00Z").empty());
  auto findings = found("2026-10-26T01:00:00Z");
  CHECK(shown(findings) ==
        Lines{"5 days-end the holidays end on 2026-12-25: no later day counts as one for the "
              "rule of line 9; add those of the next year"});
  CHECK(findings[0].severity == Finding::Severity::warning);
  CHECK(shown(found("2026-12-26T01:00:00Z"))[0].find("the holidays ended on 2026-12-25") !=
        std::string::npos);
  CHECK(found("2026-12-26T01:00:00Z")[0].severity == Finding::Severity::warning);
  CHECK(found("2026-12-31T23:30:00Z")[0].severity == Finding::Severity::error);  // it is 2027 in Berlin
  CHECK(next_calendar_turn(tariff, at("2026-01-01T00:00:00Z")) == at("2026-10-25T23:00:00Z"));
  CHECK(next_calendar_turn(tariff, at("2026-10-25T23:00:00Z")) == at("2026-12-25T23:00:00Z"));
  CHECK(next_calendar_turn(tariff, at("2026-12-26T22:00:00Z")) == at("2026-12-31T23:00:00Z"));
  CHECK_FALSE(next_calendar_turn(tariff, at("2027-01-01T00:00:00Z")));

  SUBCASE("make-up days alone, and beside holidays of a later year") {
    const std::string rules = two_rates + "calendar: [ { days: mon-fri, rate: day }, { rate: night } ]\n";
    CHECK(shown(check_tariff(read(head + "workdays: [2026-10-10]\n" + rules), at("2026-09-01T00:00:00Z"))) ==
          Lines{"5 days-end the workdays end on 2026-10-10: no later day counts as one for the rule of line "
                "7; add "
                "those of the next year"});
    const Tariff later =
        read(head + "holidays: [2027-12-25]\nworkdays: [2026-10-10]\n" + two_rates +
             "calendar: [ { days: mon-fri, holidays: exclude, rate: day }, { rate: night } ]\n");
    CHECK(shown(check_tariff(later, at("2027-02-01T00:00:00Z"))).size() == 1);
    CHECK(shown(check_tariff(later, at("2027-12-01T00:00:00Z"))).size() == 2);
  }
  SUBCASE("lists that no rule asks for end unheard") {
    CHECK(check_tariff(read(head + "holidays: [2020-01-01]\n" + two_rates + "calendar: [ { rate: day } ]\n"),
                       at("2026-12-01T00:00:00Z"))
              .empty());
  }
}

TEST_CASE("prices of a file that cannot be per kWh are an error, free and dear ones are not") {
  const auto codes = [](const std::string& currency, const std::string& price,
                        const std::string& fallback = "") {
    Tariff tariff;
    tariff.zone = *LocalZone::find("Europe/Berlin");
    tariff.currency = currency;
    tariff.prices.emplace();
    tariff.prices->source.file = "p.csv";
    tariff.prices->series.interval_s = 3600;
    if (!fallback.empty()) tariff.prices->fallback = Decimal::parse(fallback);
    for (int hour = 0; hour < 24; ++hour)
      tariff.prices->series.rows.push_back(
          {at("2026-11-25T00:00:00+01:00") + hour * 3600, *Decimal::parse(price), 0});
    std::vector<std::string> found;
    for (const Finding& finding : check_series(tariff, at("2026-11-25T08:00:00Z"))) {
      found.push_back(finding.code);
      if (finding.code == "wrong-unit") CHECK(finding.severity == Finding::Severity::error);
    }
    return found;
  };
  for (const auto& [currency, price] : std::vector<std::pair<std::string, std::string>>{{"EUR", "95.5"},
                                                                                        {"EUR", "9.8"},
                                                                                        {"GBP", "21.5"},
                                                                                        {"SEK", "45"},
                                                                                        {"SEK", "612.3"},
                                                                                        {"CNY", "52"},
                                                                                        {"JPY", "12000"},
                                                                                        {"EUR", "-40"}}) {
    CAPTURE(currency);
    CAPTURE(price);
    CHECK(codes(currency, price) == Lines{"wrong-unit"});
  }
  for (const auto& [currency, price] : std::vector<std::pair<std::string, std::string>>{{"EUR", "0.9"},
                                                                                        {"EUR", "-0.4"},
                                                                                        {"GBP", "1"},
                                                                                        {"SEK", "7.5"},
                                                                                        {"CNY", "1.2"},
                                                                                        {"JPY", "40"},
                                                                                        {"XAU", "500"}}) {
    CAPTURE(currency);
    CAPTURE(price);
    CHECK(codes(currency, price).empty());
  }
  CHECK(codes("XAU", "500", "20") == Lines{"wrong-unit"});
}
