#include "tariff/feed_cache.h"

#include "fuzz_file.h"
#include "fuzz_text.h"

/// The input is what is kept of a url. What can be read survives being written.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  static const std::string url = "https://prices.example/day.csv?token=abcdefgh";
  static const testing::ScratchDir place;
  const auto file = tariff::feed_cache_file(place.path(), url);
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  const tariff::FeedCache cache = tariff::load_feed_cache(place.path(), url);
  fuzz::require(cache.url == "https://prices.example/day.csv?token=***", "the url has no secret");
  for (std::size_t i = 1; i < cache.rows.size(); ++i)
    fuzz::require(cache.rows[i].start >= cache.rows[i - 1].start + cache.interval_s,
                  "rows follow each other");
  return fuzz::expect_error_only([&] {
    tariff::save_feed_cache(place.path(), url, cache);
    const tariff::FeedCache again = tariff::load_feed_cache(place.path(), url);
    fuzz::require(again.rows.size() == cache.rows.size() && again.findings.size() == cache.findings.size() &&
                      again.fetched_at == cache.fetched_at && again.etag == cache.etag,
                  "what is kept is there again");
  });
}
