#include "tariff/price_feed.h"

#include <filesystem>

#include "core/error.h"
#include "tariff/local_time.h"
#include "tariff/make_curve.h"
#include "tariff/tariff_yaml.h"
#include "testing.h"
#include "testing_dir.h"

using namespace turbodiff;
using namespace turbodiff::tariff;

namespace {

Seconds at(const std::string& text) {
  return *parse_rfc3339(text);
}

/// Hourly prices of whole Berlin days from a source that the test plays.
class Source {
 public:
  Tariff fetch(const std::string& now, FeedAccess access = FeedAccess::due) {
    core::Problems problems;
    Tariff tariff = parse_tariff(
        "version: 1\nname: spot\ntimezone: Europe/Berlin\ncurrency: EUR\nprices:\n"
        "  url: https://prices.example/spot.csv\n  interval: 1h\n  refresh: 1h\n" +
            more,
        "spot.yaml", folder_.path(), problems);
    REQUIRE(problems.empty());
    FeedOptions options;
    options.folder = folder_.path();
    options.access = access;
    options.get = [this](const core::HttpRequest& request) {
      ++asked;
      headers = request.headers;
      if (status < 0) throw Error::work_failed(request.url + ": Could not resolve host");
      return core::HttpResponse{status, body, etag, ""};
    };
    fill_feeds(tariff, at(now), options);
    return tariff;
  }
  static std::string day(const std::string& date, int hours, const std::string& price = "0.1",
                         const std::string& offset = "+01:00") {
    std::string csv;
    const Seconds start = at(date + "T00:00:00" + offset);
    for (int hour = 0; hour < hours; ++hour) csv += format_utc(start + hour * 3600) + "," + price + "\n";
    return csv;
  }

  std::string more, body, etag;
  int status = 200, asked = 0;
  std::vector<std::string> headers;

 private:
  testing::ScratchDir folder_;
};

std::vector<std::string> codes(const Tariff& tariff) {
  std::vector<std::string> result;
  for (const Finding& finding : tariff.findings) result.push_back(finding.code);
  return result;
}
using Codes = std::vector<std::string>;

std::size_t rows(const Tariff& tariff) {
  return tariff.prices->series.rows.size();
}

bool priced(const Tariff& tariff, const std::string& instant) {
  const PriceCurve curve = make_curve(tariff, at(instant), at(instant) + 60);
  return curve.segments().front().price.has_value() && !curve.segments().front().fallback;
}

}  // namespace

TEST_CASE("a feed is fetched once, kept, and asked again when it is due") {
  Source source;
  source.body = "start,price\n" + Source::day("2026-11-25", 24);
  source.etag = "\"a\"";
  Tariff tariff = source.fetch("2026-11-25T08:00:00Z");
  CHECK(rows(tariff) == 24);
  CHECK(codes(tariff).empty());
  REQUIRE(tariff.feeds.size() == 1);
  CHECK(tariff.feeds[0].due_at == at("2026-11-25T09:00:00Z"));
  CHECK(rows(source.fetch("2026-11-25T08:59:59Z")) == 24);
  CHECK(rows(source.fetch("2026-11-25T09:30:00Z", FeedAccess::kept)) == 24);
  CHECK(source.asked == 1);
  CHECK(rows(source.fetch("2026-11-25T08:10:00Z", FeedAccess::always)) == 24);
  CHECK(source.asked == 2);

  source.status = 304;
  source.body.clear();
  tariff = source.fetch("2026-11-25T09:30:00Z");
  CHECK(source.asked == 3);
  CHECK(std::find(source.headers.begin(), source.headers.end(), "If-None-Match: \"a\"") !=
        source.headers.end());
  CHECK(rows(tariff) == 24);
  CHECK(tariff.feeds[0].due_at == at("2026-11-25T10:30:00Z"));
}

TEST_CASE("what was fetched before stays in use while the source fails, and is said to") {
  Source source;
  source.status = -1;
  Tariff tariff = source.fetch("2026-11-25T08:00:00Z");
  CHECK(rows(tariff) == 0);
  REQUIRE(codes(tariff) == Codes{"not-fetched"});
  CHECK(tariff.findings[0].action == Finding::Action::refused);
  CHECK(tariff.feeds[0].due_at == at("2026-11-25T08:05:00Z"));
  CHECK(source.fetch("2026-11-25T08:04:00Z").findings.size() == 1);
  CHECK(source.asked == 1);

  source.status = 200;
  source.body = Source::day("2026-11-25", 24);
  CHECK(rows(source.fetch("2026-11-25T08:05:00Z")) == 24);
  for (const auto& [status, body] :
       std::vector<std::pair<int, std::string>>{{500, ""},
                                                {-1, ""},
                                                {200, "<html>maintenance</html>"},
                                                {200, "start,price\n"},
                                                {200, ""},
                                                {200, Source::day("2026-11-26", 24, "95.5")},
                                                {200, Source::day("2026-11-20", 24)}}) {
    CAPTURE(body);
    source.status = status;
    source.body = body;
    tariff = source.fetch("2026-11-25T10:00:00Z", FeedAccess::always);
    CHECK(rows(tariff) == 24);
    REQUIRE(codes(tariff) == Codes{"not-fetched"});
    CHECK(tariff.findings[0].action == Finding::Action::reported);
    CHECK(tariff.findings[0].message.find("using what came at 2026-11-25T09:05:00+01:00") !=
          std::string::npos);
  }
}

TEST_CASE("new rows replace those they overlap, the others stay for ten days") {
  Source source;
  source.body = Source::day("2026-11-25", 24, "0.1");
  source.fetch("2026-11-25T08:00:00Z");
  source.body = Source::day("2026-11-26", 24, "0.2") + "2026-11-25T22:00:00Z,0.3\n";
  const Tariff tariff = source.fetch("2026-11-25T14:00:00Z");
  CHECK(rows(tariff) == 48);
  const PriceCurve curve = make_curve(tariff, at("2026-11-25T21:00:00Z"), at("2026-11-26T01:00:00Z"));
  REQUIRE(curve.segments().size() == 3);
  CHECK(curve.segments()[0].price->gross == 100'000'000);
  CHECK(curve.segments()[1].price->gross == 300'000'000);
  CHECK(curve.segments()[2].price->gross == 200'000'000);
  source.body = Source::day("2026-12-05", 24);
  CHECK(rows(source.fetch("2026-12-05T08:00:00Z")) == 24 + 24 + 15);
}

TEST_CASE("faults of known sources are not believed: no job runs there, or the fallback bridges them") {
  Source source;
  SUBCASE("zeros for what is not known yet") {
    source.body = Source::day("2026-11-25", 24) + Source::day("2026-11-26", 24, "0");
    CHECK(codes(source.fetch("2026-11-25T08:00:00Z")) == Codes{"zero-run"});
    const Tariff refused = source.fetch("2026-11-25T08:00:00Z");
    CHECK(refused.findings[0].action == Finding::Action::refused);
    CHECK(priced(refused, "2026-11-25T12:00:00Z"));
    CHECK_FALSE(priced(refused, "2026-11-26T12:00:00Z"));
    source.more = "  fallback: { price: 0.4 }\n";
    const Tariff bridged = source.fetch("2026-11-25T08:00:00Z");
    CHECK(bridged.findings[0].action == Finding::Action::bridged);
    CHECK(make_curve(bridged, at("2026-11-26T12:00:00Z"), at("2026-11-26T13:00:00Z")).segments()[0].fallback);
  }
  SUBCASE("an autumn day whose repeated hour is zero, or missing") {
    source.body = Source::day("2026-10-24", 24, "0.1", "+02:00");
    const std::string autumn = Source::day("2026-10-25", 25, "0.1", "+02:00");
    source.body += autumn;
    CHECK(codes(source.fetch("2026-10-24T14:00:00Z")).empty());
    // One hour too few in the middle: the rest may stand an hour off.
    std::string holed = source.body;
    holed.erase(holed.find("2026-10-25T01:00:00Z"), std::string("2026-10-25T01:00:00Z,0.1\n").size());
    holed += Source::day("2026-10-26", 24);
    source.body = holed;
    const Tariff tariff = source.fetch("2026-10-24T14:30:00Z", FeedAccess::always);
    CHECK(codes(tariff) == Codes{"shifted-day"});
  }
}

TEST_CASE("a fetch that is interrupted ends the command") {
  Source source;
  core::Problems problems;
  Tariff tariff = parse_tariff(
      "version: 1\nname: spot\ntimezone: UTC\ncurrency: EUR\nprices: { url: "
      "\"https://prices.example/a\", interval: 1h }\n",
      "spot.yaml", ".", problems);
  testing::ScratchDir folder;
  FeedOptions options;
  options.folder = folder.path();
  options.get = [](const core::HttpRequest&) -> core::HttpResponse { throw Error::interrupted(); };
  CHECK_THROWS_AS(fill_feeds(tariff, at("2026-11-25T08:00:00Z"), options), Error);
}
