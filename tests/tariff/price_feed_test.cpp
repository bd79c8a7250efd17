#include "tariff/price_feed.h"

#include <filesystem>
#include <fstream>
#include <iterator>

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
        "  url: \"" +
            url + "\"\n  interval: 1h\n  refresh: 1h\n" + more,
        "spot.yaml", folder_.path(), problems);
    REQUIRE(problems.empty());
    FeedOptions options;
    options.folder = folder_.path();
    options.access = access;
    options.environment = {{"PRICES_TOKEN", "t0p/s3cret"}, {"API_KEY", "k3y-of-mine"}};
    options.get = [this](const core::HttpRequest& request) {
      ++asked;
      headers = request.headers;
      asked_for = request.url;
      followed = request.follow;
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

  /// All that is kept, names of files and their content.
  std::string kept() const {
    std::string all;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      std::ifstream in(entry.path());
      all += entry.path().filename().string() + std::string(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }

  std::string url = "https://prices.example/spot.csv", asked_for;
  std::string more, body, etag;
  int status = 200, asked = 0;
  bool followed = true;
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
  SUBCASE("but free power at noon is") {
    source.body = Source::day("2026-11-25", 11) +
                  "2026-11-25T10:00:00Z,0\n2026-11-25T11:00:00Z,0\n"
                  "2026-11-25T12:00:00Z,0\n2026-11-25T13:00:00Z,-0.00\n2026-11-25T14:00:00Z,0.1\n";
    const Tariff free = source.fetch("2026-11-25T08:00:00Z");
    CHECK(codes(free).empty());
    CHECK(priced(free, "2026-11-25T12:00:00Z"));
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

TEST_CASE("a wrong row is reported with its line, and others with it") {
  Source source;
  source.body = "start,price\n2026-11-25T00:00:00Z,0.1\nnoon,0.2\n2026-11-25T02:00:00Z,free\n";
  Tariff tariff = source.fetch("2026-11-25T08:00:00Z");
  REQUIRE(codes(tariff) == Codes{"not-fetched"});
  CHECK(tariff.findings[0].where == "https://prices.example/spot.csv");
  CHECK_MESSAGE(tariff.findings[0].message.starts_with("line 3: start must be a time"),
                tariff.findings[0].message);
  CHECK(tariff.findings[0].message.find("(and 1 more)") != std::string::npos);
}

TEST_CASE("secrets are sent, and neither reported nor kept") {
  Source source;
  std::vector<std::string> secrets;
  SUBCASE("in the url itself") {
    source.url = "https://me:pa55word@prices.example/spot.csv?securityToken=abcd-1234&area=DE";
    secrets = {"pa55word", "abcd-1234"};
    source.body = Source::day("2026-11-25", 24);
    CHECK(rows(source.fetch("2026-11-25T08:00:00Z")) == 24);
    CHECK(source.asked_for == source.url);
  }
  SUBCASE("filled in") {
    source.url = "https://prices.example/spot.csv?securityToken={token}";
    source.more =
        "  token_env: PRICES_TOKEN\n  headers: { Authorization: { env: API_KEY, prefix: \"Bearer \" }, "
        "X-Area: DE }\n";
    secrets = {"t0p/s3cret", "t0p%2Fs3cret", "k3y-of-mine"};
    source.body = Source::day("2026-11-25", 24);
    CHECK(rows(source.fetch("2026-11-25T08:00:00Z")) == 24);
    CHECK(source.asked_for == "https://prices.example/spot.csv?securityToken=t0p%2Fs3cret");
    CHECK(std::count(source.headers.begin(), source.headers.end(), "Authorization: Bearer k3y-of-mine") == 1);
    CHECK(std::count(source.headers.begin(), source.headers.end(), "X-Area: DE") == 1);
    CHECK_FALSE(source.followed);
  }
  if (secrets.empty()) return;
  for (const int status : {200, 500, -1}) {
    source.status = status;
    // Some sources repeat in their page what they were asked.
    source.body = "<p>no access for " + secrets[0] + "</p>";
    const Tariff tariff = source.fetch("2026-11-25T09:00:00Z", FeedAccess::always);
    REQUIRE(codes(tariff) == Codes{"not-fetched"});
    const std::string all =
        source.kept() + tariff.findings[0].where + tariff.findings[0].message + tariff.feeds[0].url;
    for (const std::string& secret : secrets) CHECK_MESSAGE(all.find(secret) == std::string::npos, all);
    CHECK(tariff.findings[0].where.find("prices.example/spot.csv?securityToken=") != std::string::npos);
  }
}

TEST_CASE(
    "a secret that is missing is told when it is needed; one in the file, or sent in the clear, at once") {
  Source source;
  source.url = "https://prices.example/{token}/spot.csv";
  source.more = "  token_env: NOT_THERE\n";
  Tariff tariff = source.fetch("2026-11-25T08:00:00Z");
  CHECK(source.asked == 0);
  REQUIRE(codes(tariff) == Codes{"not-fetched"});
  CHECK(tariff.findings[0].message.find("the variable NOT_THERE is not set") != std::string::npos);
  const auto problems_of = [](const std::string& prices) {
    core::Problems problems;
    parse_tariff("version: 1\nname: spot\ntimezone: UTC\ncurrency: EUR\nprices:\n  interval: 1h\n" + prices,
                 "spot.yaml", ".", problems);
    return problems.lines();
  };
  using Lines = std::vector<std::string>;
  CHECK(problems_of("  url: \"https://a/{token}\"\n") ==
        Lines{"spot.yaml:7:8: prices.url: {token} needs prices.token_env or prices.token_file"});
  CHECK(problems_of("  url: https://a/\n  token_env: T\n") ==
        Lines{"spot.yaml:8:14: prices.token_env needs a url with {token} in it"});
  CHECK(problems_of("  url: \"http://a/{token}\"\n  token_env: T\n")[0].find("use https") !=
        std::string::npos);
  CHECK(problems_of("  url: \"http://127.0.0.1/{token}\"\n  token_env: T\n").empty());
  CHECK(problems_of("  url: https://a/\n  headers: { Authorization: abc }\n")[0].find("is a secret") !=
        std::string::npos);
  CHECK(problems_of("  url: https://a/\n  headers: { X-Key: { prefix: a } }\n") ==
        Lines{"spot.yaml:8:21: prices.headers.X-Key must have file or env"});
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
