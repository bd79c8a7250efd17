#include <csignal>

#include "loopback_server.h"
#include "sched_program.h"

using namespace turbodiff;
using namespace turbodiff::testing;

namespace {

std::time_t this_hour() {
  return std::time(nullptr) / 3600 * 3600;
}

/// `count` hourly rows from an hour on.
std::string hours_from(std::time_t hour, int count, const std::string& price) {
  std::string csv = "start,price\n";
  for (int i = 0; i < count; ++i, hour += 3600) {
    std::tm utc{};
    gmtime_r(&hour, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%FT%TZ", &utc);
    csv += std::string(text) + "," + price + "\n";
  }
  return csv;
}
std::string hours_from_now(int count, const std::string& price) {
  return hours_from(this_hour(), count, price);
}

class FeedPlace : public SchedPlace {
 public:
  /// A tariff of the server's prices, whose hours below 0.2 are off-peak.
  std::string tariff(const std::string& more = "") {
    write_file(path("spot.yaml"), "version: 1\nname: spot\ntimezone: UTC\ncurrency: EUR\nprices:\n  url: \"" +
                                      server.url("/spot.csv") +
                                      "\"\n  interval: 1h\n  refresh: 1s\n  off_peak: { below: 0.2 }\n" +
                                      more);
    return path("spot.yaml");
  }
  LoopbackServer server;
};

}  // namespace

TEST_CASE_FIXTURE(FeedPlace, "prices come from a url, and stay when it fails") {
  server.answer(200, hours_from_now(48, "0.1"));
  const auto shown = json({"--tariff", tariff(), "tariff", "show", "--from", "now", "--to", "+3h"});
  REQUIRE(shown["segments"].size() >= 1);
  CHECK(shown["segments"][0]["price"] == 0.1);
  server.answer(503, "busy");
  const auto kept = run({"--tariff", tariff(), "tariff", "check"});
  CHECK(kept.code == 0);
  CHECK(kept.out.find("the answer is HTTP 503; using what came at") != std::string::npos);
  add("a.mp4");
  const auto planned = run({"--tariff", tariff(), "plan", "--json"});
  CHECK(planned.code == 0);
  CHECK(planned.json()["jobs"].size() == 1);
  CHECK(planned.err.find("using what came at") != std::string::npos);
}

TEST_CASE_FIXTURE(FeedPlace, "a check of prices that cannot be had fails, and shows no secret") {
  const std::string spot = tariff();
  server.answer(404, "no");
  auto finished = run({"--tariff", spot, "tariff", "check"});
  CHECK(finished.code == 1);
  CHECK(finished.out.find("the answer is HTTP 404; nothing was fetched before") != std::string::npos);
  CHECK(finished.out.find("there is no price at all") != std::string::npos);
  CHECK(finished.out.find("in order") == std::string::npos);
  CHECK(finished.err.find("cannot be used as it is") != std::string::npos);
  server.answer(200, "start,price\nnoon,1\n");
  finished = run({"--tariff", spot, "tariff", "check"});
  CHECK(finished.code == 1);
  CHECK_MESSAGE(finished.out.find("/spot.csv: line 2: start must be a time") != std::string::npos,
                finished.out);

  place().set("SPOT_TOKEN", "7h15-15-53cr37");
  write_file(path("token.yaml"), "version: 1\nname: spot\ntimezone: UTC\ncurrency: EUR\nprices:\n  url: \"" +
                                     server.url("/spot.csv?key=in-the-url&securityToken={token}") +
                                     "\"\n  token_env: SPOT_TOKEN\n  interval: 1h\n");
  server.answer(403, "7h15-15-53cr37");
  for (const std::vector<std::string>& command : {std::vector<std::string>{"tariff", "check"},
                                                  {"tariff", "check", "--json"},
                                                  {"plan"},
                                                  {"tariff", "show"}}) {
    std::vector<std::string> arguments = {"--verbose", "--tariff", path("token.yaml")};
    arguments.insert(arguments.end(), command.begin(), command.end());
    const auto shown = run(arguments);
    const std::string all = shown.out + shown.err;
    CHECK(all.find("key=***&securityToken={token}") != std::string::npos);
    CHECK(all.find("7h15-15-53cr37") == std::string::npos);
    CHECK(all.find("in-the-url") == std::string::npos);
  }
}

TEST_CASE_FIXTURE(SchedPlace, "a daemon goes by a price file as soon as it is changed") {
  write_file(path("spot.csv"), hours_from_now(48, "0.5"));
  write_file(path("file.yaml"),
             "version: 1\nname: file\ntimezone: UTC\ncurrency: EUR\nprices:\n  file: spot.csv\n"
             "  interval: 1h\n  off_peak: { below: 0.2 }\n");
  const auto id = add("a.mp4");
  auto options = call({"--tariff", path("file.yaml"), "daemon"});
  options.errors = core::SubprocessOptions::Stream::null;
  core::Subprocess daemon(std::move(options));
  daemon.wait(2);
  CHECK(job(id)["state"] == "queued");
  // Half a file first, as a slow writer leaves it: the prices read before stay.
  write_file(path("spot.csv"), "start,price\n2026-01-");
  daemon.wait(1);
  CHECK(job(id)["state"] == "queued");
  write_file(path("new.csv"), hours_from_now(48, "0.1"));
  std::filesystem::rename(path("new.csv"), path("spot.csv"));
  CHECK(wait_for_job(id) == 0);
  CHECK(stop(daemon).ok());
}

TEST_CASE_FIXTURE(FeedPlace, "cost takes a url's prices, keeps them, and says what it cannot know") {
  const std::time_t hour = this_hour();
  server.answer(200, hours_from(hour, 24, "0.1"));
  // Both calls in the middle of one hour, one a minute after the other.
  place().set("TURBODIFF_ALLOW_TEST_CLOCK", "1");
  const auto set_time = [&](std::time_t now) {
    place().set("TURBODIFF_TEST_CLOCK", fmt::format("{},{},1", now, std::time(nullptr)));
  };
  set_time(hour + 1800);
  const auto cost = [&](const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"cost",     "video",  "--gpu",      "h100",
                                          "--tariff", tariff(), "--exchange", "0.9"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return place().run(arguments);
  };
  const auto first = cost({"--json"});
  REQUIRE_MESSAGE(first.code == 0, first.err);
  server.answer(503, "busy");
  set_time(hour + 1860);
  const auto kept = cost({"--json"});
  CHECK_MESSAGE(kept.code == 0, kept.err);
  CHECK(kept.err.find("using what came at") != std::string::npos);
  CHECK(kept.out == first.out);
  place().set("XDG_CACHE_HOME", path("empty"));
  const auto none = cost();
  CHECK(none.code == 2);
  CHECK_MESSAGE(none.err.find("nothing was fetched before") != std::string::npos, none.err);
  CHECK_MESSAGE(none.err.find("no price for any hour") != std::string::npos, none.err);
  CHECK(cost({"--price-per-kwh", "0.3"}).code == 0);
}

TEST_CASE_FIXTURE(FeedPlace,
                  "without prices nothing runs, unless there is a fallback for jobs that may use it") {
  server.answer(200, "<html>sign in</html>");
  add("a.mp4");
  const auto refused = run({"--tariff", tariff(), "plan"});
  CHECK(refused.code == 0);
  CHECK(refused.err.find("no job runs there") != std::string::npos);
  CHECK(json({"--tariff", tariff(), "plan"})["unplaced"].size() == 1);
  add("b.mp4", {"--when", "cheapest"});
  const auto bridged = json({"--tariff", tariff("  fallback: { price: 0.3 }\n"), "plan"});
  REQUIRE(bridged["jobs"].size() == 1);
  CHECK(bridged["jobs"][0]["id"] == 2);
}

TEST_CASE_FIXTURE(FeedPlace, "a daemon asks again, and runs jobs once prices are there") {
  server.answer(500, "");
  const auto id = add("a.mp4");
  auto options = call({"--tariff", tariff(), "daemon"});
  options.errors = core::SubprocessOptions::Stream::null;
  core::Subprocess daemon(std::move(options));
  wait_for(daemon, [&] { return server.requests() >= 2; });
  CHECK(job(id)["state"] == "queued");
  server.answer(200, hours_from_now(48, "0.1"));
  CHECK(wait_for_job(id) == 0);
  CHECK(job(id)["actual"]["kwh"].get<double>() > 0);
  CHECK(job(id)["actual"]["currency"] == "EUR");
  CHECK(stop(daemon).ok());
}
