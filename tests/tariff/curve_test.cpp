#include "tariff/local_time.h"
#include "tariff/make_curve.h"
#include "tariff/tariff_yaml.h"
#include "testing.h"

using namespace turbodiff;
using tariff::Seconds;

namespace {

tariff::Tariff read(const std::string& text, const std::filesystem::path& folder = ".") {
  core::Problems problems;
  tariff::Tariff tariff = tariff::parse_tariff(text, "t.yaml", folder, problems);
  problems.throw_if_any();
  return tariff;
}

Seconds at(const std::string& text) {
  return *tariff::parse_rfc3339(text);
}

const std::string berlin = "version: 1\nname: test\ntimezone: Europe/Berlin\ncurrency: EUR\n";

}  // namespace

TEST_CASE("days of 23 and 25 hours have their windows where the wall clock shows them") {
  const auto tariff = read(berlin +
                           "rates: { day: { price: 0.4 }, night: { price: 0.2, off_peak: true } }\n"
                           "calendar: [ { hours: \"06:00-22:00\", rate: day }, { rate: night } ]\n");
  const auto curve = tariff::make_curve(tariff, at("2026-03-28T21:00:00Z"), at("2026-03-29T20:00:00Z"));
  REQUIRE(curve.segments().size() == 2);
  CHECK(curve.segments()[0].end == at("2026-03-29T04:00:00Z"));
  CHECK(*curve.segments()[0].rate == "night");
  const auto autumn = tariff::make_curve(tariff, at("2026-10-24T20:00:00Z"), at("2026-10-25T21:00:00Z"));
  REQUIRE(autumn.segments().size() == 2);
  CHECK(autumn.segments()[0].end - autumn.segments()[0].start == 9 * 3600);
}

TEST_CASE("a window over midnight belongs to the day on which it began") {
  const auto tariff =
      read(berlin +
           "holidays: [2026-05-01]\n"
           "rates: { a: { price: 1 }, b: { price: 2 } }\n"
           "calendar: [ { days: fri, holidays: only, hours: \"22:00-02:00\", rate: a }, { rate: b } ]\n");
  const auto curve = tariff::make_curve(tariff, at("2026-04-30T22:00:00Z"), at("2026-05-03T22:00:00Z"));
  REQUIRE(curve.segments().size() == 3);
  CHECK(curve.segments()[1].start == at("2026-05-01T20:00:00Z"));
  CHECK(curve.segments()[1].end == at("2026-05-02T00:00:00Z"));
}

TEST_CASE("a make-up working day counts as a Friday and never as a holiday") {
  const auto tariff = read(berlin +
                           "holidays: [2026-10-10]\nworkdays: [2026-10-10]\n"
                           "rates: { work: { price: 2 }, rest: { price: 1 } }\n"
                           "calendar: [ { days: fri, holidays: exclude, rate: work }, { rate: rest } ]\n");
  CHECK(*tariff::make_curve(tariff, at("2026-10-10T10:00:00Z"), at("2026-10-10T11:00:00Z"))
             .segments()[0]
             .rate == "work");
  CHECK(*tariff::make_curve(tariff, at("2026-10-11T10:00:00Z"), at("2026-10-11T11:00:00Z"))
             .segments()[0]
             .rate == "rest");
}

TEST_CASE("a price is rounded once, half to even, and its parts add up") {
  const auto tariff = read(berlin +
                           "rates: { a: { price: 0.1000000005 } }\ncalendar: [ { rate: a } ]\n"
                           "adders: { per_kwh: 0.02, vat: 0.19 }\n");
  const auto price = *tariff::make_curve(tariff, 0, 60).segments()[0].price;
  CHECK(price.gross == 142'800'001);  // 0.142800000595
  CHECK(price.net == 100'000'000);    // half to even
  CHECK(price.levies == 20'000'000);
  CHECK(price.gross == price.net + price.levies + price.vat);
}

TEST_CASE("series: fallback, gaps, the cheapest hours of a day, and negative prices") {
  const testing::TempDir folder;
  std::string csv = "start,price\n";
  for (int hour = 0; hour < 24; ++hour)
    if (hour != 5)
      csv += fmt::format("2026-01-15T{:02}:00:00+01:00,{}\n", hour,
                         hour == 3   ? "-0.05"
                         : hour < 12 ? "0.2"
                                     : "0.3");
  testing::write_file(folder / "p.csv", csv);
  const std::string prices =
      berlin + "prices:\n  file: p.csv\n  interval: 1h\n  off_peak: { cheapest: 150m }\n";
  const auto curve =
      tariff::make_curve(read(prices, folder.path()), at("2026-01-14T23:00:00Z"), at("2026-01-15T23:00:00Z"));
  std::int64_t off_peak = 0, unpriced = 0;
  for (const auto& segment : curve.segments()) {
    off_peak += segment.off_peak ? segment.end - segment.start : 0;
    unpriced += segment.price ? 0 : segment.end - segment.start;
  }
  CHECK(off_peak == 150 * 60);
  CHECK(unpriced == 3600);
  CHECK(curve.at(at("2026-01-15T02:30:00Z"))->off_peak);  // the negative hour
  CHECK(curve.at(at("2026-01-14T23:30:00Z"))->off_peak);  // ties: the earlier
  CHECK(curve.at(at("2026-01-15T00:15:00Z"))->off_peak);  // the last one is cut
  CHECK_FALSE(curve.at(at("2026-01-15T00:45:00Z"))->off_peak);
  const auto bridged = tariff::make_curve(read(prices + "  fallback: { price: 0.01 }\n", folder.path()),
                                          at("2026-01-15T04:00:00Z"), at("2026-01-15T05:00:00Z"));
  REQUIRE(bridged.segments().size() == 1);
  CHECK(bridged.segments()[0].fallback);
  CHECK_FALSE(bridged.segments()[0].off_peak);
  CHECK(bridged.segments()[0].price->gross == 10'000'000);
}

TEST_CASE(
    "a clock that goes back over midnight shows a day in two parts, and its cheapest hours are chosen from "
    "both") {
  // Until 2011 St. John's clocks went from 00:01 of the new day back to 23:01 of the old one.
  const auto zone = tariff::LocalZone::find("America/St_Johns").value();
  const tariff::LocalDay sunday = *tariff::parse_date("2006-10-29");
  const Seconds first_midnight = at("2006-10-29T02:30:00Z");
  CHECK(zone.day_start(sunday) == first_midnight);
  CHECK(zone.day_end(sunday - 1) == first_midnight + 3600);
  CHECK(zone.day_length(sunday - 1) == 24 * 3600 + 59 * 60);
  CHECK(zone.day_length(sunday) == 24 * 3600 + 60);
  // Havana's go from 01:00 back to 00:00 of the same day: the day before ends at the first midnight.
  const auto havana = tariff::LocalZone::find("America/Havana").value();
  const tariff::LocalDay change = *tariff::parse_date("2026-11-01");
  CHECK(havana.day_end(change - 1) == havana.day_start(change));
  CHECK(havana.day_length(change) == 25 * 3600);

  auto tariff = read(
      "version: 1\nname: test\ntimezone: America/St_Johns\ncurrency: CAD\n"
      "rates: { all: { price: 1 } }\ncalendar: [ { rate: all } ]\n");
  tariff.calendar.reset();
  tariff.prices.emplace();
  tariff.prices->off_peak_cheapest_s = 1800;
  tariff.prices->series.interval_s = 3600;
  for (int hour = -24; hour < 26; ++hour)
    tariff.prices->series.rows.push_back(
        {first_midnight + hour * 3600, tariff::Decimal{hour == 0 ? 1 : 9, 0}});
  // Asked for until a second within the old day's second part.
  const Seconds from = first_midnight - 7200, to = first_midnight + 1800;
  const auto curve = tariff::make_curve(tariff, from, to);
  REQUIRE(curve.start() == from);
  REQUIRE(curve.end() == to);
  const auto whole = tariff::make_curve(tariff, from - 48 * 3600, to + 48 * 3600);
  for (const tariff::Segment& segment : curve.segments())
    CHECK(segment.off_peak == whole.at(segment.start)->off_peak);
  CHECK(curve.at(first_midnight + 60)->off_peak);
}
