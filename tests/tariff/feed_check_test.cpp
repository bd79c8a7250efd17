#include "tariff/feed_check.h"

#include "tariff/local_time.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::tariff;

namespace {

/// Quarter hours of whole local days in Berlin, each at 0.1.
Tariff quarter_hours(const std::string& first_day, int days) {
  Tariff tariff;
  tariff.zone = *LocalZone::find("Europe/Berlin");
  tariff.prices.emplace();
  tariff.prices->source.url = "https://prices.example/day-ahead.csv";
  tariff.prices->series.interval_s = 900;
  const LocalDay day = *parse_date(first_day);
  for (Seconds t = tariff.zone.day_start(day); t < tariff.zone.day_start(day + days); t += 900)
    tariff.prices->series.rows.push_back({t, *Decimal::parse("0.1"), 0});
  return tariff;
}

std::vector<std::string> codes_of(const Tariff& tariff, const std::string& now) {
  std::vector<std::string> codes;
  for (const Finding& finding : check_series(tariff, *parse_rfc3339(now))) codes.push_back(finding.code);
  return codes;
}

using Codes = std::vector<std::string>;

}  // namespace

TEST_CASE("days of 92, 96 and 100 quarter hours are in order") {
  CHECK(codes_of(quarter_hours("2026-03-28", 3), "2026-03-29T10:00:00Z").empty());
  CHECK(codes_of(quarter_hours("2026-10-24", 3), "2026-10-25T10:00:00Z").empty());
}

TEST_CASE("gaps, wrong days, zeros and late data are found, and bridged only with a fallback") {
  Tariff gap = quarter_hours("2026-06-01", 2);
  gap.prices->series.rows.erase(gap.prices->series.rows.begin() + 40, gap.prices->series.rows.begin() + 44);
  CHECK(codes_of(gap, "2026-06-01T10:00:00Z") == Codes{"missing-rows"});
  CHECK(check_series(gap, *parse_rfc3339("2026-06-01T10:00:00Z"))[0].action == Finding::Action::refused);
  gap.prices->fallback = Decimal{1, 0};
  CHECK(check_series(gap, *parse_rfc3339("2026-06-01T10:00:00Z"))[0].action == Finding::Action::bridged);

  // The clock goes back and the source forgets it: 96 rows for 100 quarter hours.
  Tariff autumn = quarter_hours("2026-10-24", 3);
  autumn.prices->series.rows.erase(autumn.prices->series.rows.begin() + 104,
                                   autumn.prices->series.rows.begin() + 108);
  CHECK(codes_of(autumn, "2026-10-24T10:00:00Z") == Codes{"missing-rows"});

  // A mistyped year leaves one gap, not one a day.
  Tariff years = quarter_hours("2026-06-01", 3);
  for (auto row = years.prices->series.rows.begin() + 192; row != years.prices->series.rows.end(); ++row)
    row->start += 2557LL * 86'400;
  const auto found = check_series(years, *parse_rfc3339("2026-06-01T10:00:00Z"));
  REQUIRE(found.size() == 1);
  CHECK(found[0].message == "there is no row from 2026-06-03 to 2033-06-02");

  // Power is free at times: at noon, over midnight, at the beginning, but not for a day, and not at the end.
  const auto with_zeros = [](std::vector<std::pair<std::size_t, std::size_t>> stretches) {
    Tariff zeros = quarter_hours("2026-06-01", 3);
    for (const auto& [from, to] : stretches)
      for (std::size_t i = from; i < to; ++i) zeros.prices->series.rows[i].value = Decimal{};
    return codes_of(zeros, "2026-06-01T10:00:00Z");
  };
  CHECK(with_zeros({{40, 64}}).empty());
  CHECK(with_zeros({{0, 60}, {90, 160}, {200, 240}}).empty());
  CHECK(with_zeros({{285, 288}}).empty());
  CHECK(with_zeros({{284, 288}}) == Codes{"zero-run"});
  CHECK(with_zeros({{180, 288}}) == Codes{"zero-run"});
  CHECK(with_zeros({{96, 192}}) == Codes{"zero-run"});
  CHECK(with_zeros({{0, 96}, {280, 288}}) == Codes{"zero-run", "zero-run"});

  CHECK(codes_of(quarter_hours("2026-06-01", 1), "2026-06-01T09:00:00Z").empty());
  CHECK(codes_of(quarter_hours("2026-06-01", 1), "2026-06-01T15:00:00Z") == Codes{"late"});
  CHECK(codes_of(quarter_hours("2026-06-01", 1), "2026-06-02T09:00:00Z") == Codes{"wrong-day"});
  CHECK(codes_of(quarter_hours("2026-06-03", 1), "2026-06-02T09:00:00Z") == Codes{"wrong-day"});
}
