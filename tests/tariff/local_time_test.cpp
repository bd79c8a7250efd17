#include "tariff/local_time.h"

#include "core/duration.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::tariff;

TEST_CASE("a length of time of many parts is refused before it is out of range") {
  std::string weeks;
  for (int i = 0; i < 20'000; ++i) weeks += "999999999w";
  CHECK_FALSE(core::parse_duration(weeks));
  CHECK(core::parse_duration("521w6d") == 521 * 7 * 86400 + 6 * 86400);
}

TEST_CASE("times of the command line are read in the zone of the tariff") {
  const LocalZone berlin = *LocalZone::find("Europe/Berlin");
  const Seconds now = *parse_rfc3339("2026-10-24T20:30:00Z");  // 22:30 in Berlin, the night of the long day
  const auto read = [&](const std::string& text) {
    return format_utc(parse_time(text, berlin, now, "--at"));
  };
  CHECK(read("now") == "2026-10-24T20:30:00Z");
  CHECK(read("+90m") == "2026-10-24T22:00:00Z");
  CHECK(read("22:00") == "2026-10-25T21:00:00Z");
  CHECK(read("23:00") == "2026-10-24T21:00:00Z");
  CHECK(read("tomorrow 06:30") == "2026-10-25T05:30:00Z");
  CHECK(read("2026-10-25T02:30:00+01:00") == "2026-10-25T01:30:00Z");
  CHECK(read("2026-10-25 02:30") == "2026-10-25T00:30:00Z");  // twice: the first
  CHECK(read("2026-03-29 02:30") == "2026-03-29T01:00:00Z");  // never: the jump
  for (const std::string bad : {"", "soon", "25:00", "+", "2026-13-01 00:00"}) {
    CAPTURE(bad);
    const Error error = testing::error_of([&] { read(bad); });
    CHECK(error.code() == ErrorCode::bad_request);
    CHECK(error.message().find("--at") != std::string::npos);
  }
}

TEST_CASE("lengths of time") {
  CHECK(core::parse_duration("90s") == 90);
  CHECK(core::parse_duration("1h30m") == 5400);
  CHECK(core::parse_duration("7d") == 7 * 86400);
  for (const std::string bad : {"", "5", "0s", "-1h", "1y", "h"}) CHECK_FALSE(core::parse_duration(bad));
}

TEST_CASE("RFC 3339") {
  CHECK(parse_rfc3339("1970-01-01T00:00:00Z") == 0);
  CHECK(parse_rfc3339("2026-02-29T00:00:00Z") == std::nullopt);
  CHECK(parse_rfc3339("2026-10-25T02:30:00") == std::nullopt);
  CHECK(format_rfc3339(0, *LocalZone::find("Asia/Shanghai")) == "1970-01-01T08:00:00+08:00");
}
