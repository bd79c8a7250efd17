#include "tariff/feed_cache.h"

#include <fstream>

#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::tariff;

namespace {

const std::string url = "https://prices.example/day.csv";

std::string text_of(const std::string& fetched_at, const std::string& rows, const std::string& until = "1") {
  return R"({"version":1,"url":")" + url + R"(","interval":3600,"fetched_at":)" + fetched_at +
         R"(,"tried_at":5,"etag":"","last_modified":"","error":"","rows":[)" + rows +
         R"(],"findings":[{"code":"zero-run","message":"m","until":)" + until + "}]}";
}

}  // namespace

TEST_CASE("what a cache holds is there again, and a cache that is damaged counts as none") {
  const testing::TempDir folder;
  const auto loaded = [&](const std::string& text) {
    std::ofstream(feed_cache_file(folder.path(), url)) << text;
    return load_feed_cache(folder.path(), url);
  };
  const FeedCache good = loaded(text_of("1764082801", R"([0,"0.1"],[3600,"-0.25"])"));
  REQUIRE(good.rows.size() == 2);
  CHECK(good.fetched_at == 1764082801);
  CHECK(to_string(good.rows[1].value) == "-0.25");
  save_feed_cache(folder.path(), url, good);
  CHECK(load_feed_cache(folder.path(), url).rows.size() == 2);

  for (const std::string& bad :
       {text_of("9223372036854775807", ""), text_of("1e300", ""), text_of("-1", ""),
        text_of("18446744073709551615", ""), text_of("1", R"([0,"0.1"],[0,"0.2"])"),
        text_of("1", R"([3600,"0.1"],[0,"0.2"])"), text_of("1", R"([0,"0.1"],[1800,"0.2"])"),
        text_of("1", R"([0.5,"0.1"])"), text_of("1", R"([0,"cheap"])"), text_of("1", R"([0])"),
        text_of("1", R"("row")"), text_of("1", "", "1e99"), std::string("[]"), std::string("{"),
        std::string()}) {
    CAPTURE(bad);
    const FeedCache cache = loaded(bad);
    CHECK(cache.url == url);
    CHECK(cache.rows.empty());
    CHECK_FALSE(cache.fetched_at);
  }
}
