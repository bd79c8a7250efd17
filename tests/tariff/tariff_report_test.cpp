#include "tariff/tariff_report.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "core/text/text_width.h"
#include "tariff/local_time.h"
#include "tariff/make_curve.h"
#include "tariff/tariff_yaml.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::tariff;

namespace {

Tariff shipped(const std::string& name) {
  return read_tariff(std::filesystem::path(TURBODIFF_SOURCE_DIR) / "schedules" / (name + ".yaml"));
}

}  // namespace

TEST_CASE("a tariff as JSON covers what was asked for, with exact prices") {
  const Tariff tariff = shipped("cn-two-rate");
  const Seconds from = *parse_rfc3339("2026-01-01T00:00:00Z");
  const auto json = json_of(tariff, make_curve(tariff, from, from + 86400));
  CHECK(json["currency"] == "CNY");
  CHECK(json["timezone"] == "Asia/Shanghai");
  REQUIRE(json["segments"].size() == 2);
  CHECK(json["segments"][0]["rate"] == "peak");
  CHECK(json["segments"][0]["price"] == 1.2);
  CHECK(json["segments"][1]["start"] == "2026-01-01T14:00:00Z");
  CHECK(json["segments"][1]["off_peak"] == true);
  CHECK(format_price(-12'500'000) == "-0.0125");
  CHECK(format_price(1'000'000'000) == "1");
}

TEST_CASE("a day on which the clock changes says how long it is") {
  const auto drawn = [](const std::string& zone, const char* day, int columns) {
    Tariff tariff = shipped("cn-two-rate");
    tariff.zone = LocalZone::find(zone).value();
    const Seconds from = tariff.zone.day_start(*parse_date(day));
    const auto curve = make_curve(tariff, from, from + 2 * 86400);
    std::istringstream lines(draw_days(tariff, curve, columns, false));
    for (std::string line; std::getline(lines, line);)
      if (columns >= 60) CHECK(core::display_width(line) <= columns);
    return draw_days(tariff, curve, columns, false);
  };
  CHECK(drawn("Europe/Berlin", "2026-10-25", 80).find("  25 h\n") != std::string::npos);
  CHECK(drawn("Europe/Berlin", "2026-03-29", 80).find("  23 h\n") != std::string::npos);
  CHECK(drawn("Australia/Lord_Howe", "2026-04-05", 80).find("  24.5 h\n") != std::string::npos);
  CHECK(drawn("Australia/Lord_Howe", "2026-10-04", 74).find("  23.5 h\n") != std::string::npos);
  CHECK(drawn("Europe/Berlin", "2026-10-26", 80).find(" h\n") == std::string::npos);
  CHECK(drawn("Europe/Berlin", "2026-10-25", 60).find("  25 h\n") != std::string::npos);
}

TEST_CASE("the bars fit the terminal, and days of other lengths have bars of theirs") {
  const Tariff tariff = shipped("cn-two-rate");
  const Seconds from = tariff.zone.day_start(*parse_date("2026-01-01"));
  const auto curve = make_curve(tariff, from, from + 3 * 86400);
  for (const int columns : {40, 80, 100, 200}) {
    std::istringstream lines(draw_days(tariff, curve, columns, false));
    for (std::string line; std::getline(lines, line);)
      CHECK(core::display_width(line) <= std::max(columns, 43));
  }
  const std::string text = draw_days(tariff, curve, 80, false);
  CHECK(text.find("Thu 2026-01-01") != std::string::npos);
  CHECK(text.find("off-peak") != std::string::npos);
  CHECK(text.find("valley 0.45 CNY/kWh, off-peak") != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(draw_days(tariff, curve, 80, true).find('\x1b') != std::string::npos);
}
