#include "tariff/price_feed.h"

#include <fstream>

#include "curve_check.h"
#include "tariff/feed_cache.h"
#include "testing_dir.h"

namespace {

constexpr turbodiff::tariff::Seconds now = 1'764'082'801;

turbodiff::tariff::Tariff day_ahead() {
  turbodiff::tariff::Tariff tariff;
  tariff.zone = turbodiff::tariff::LocalZone::find("Europe/Berlin").value();
  tariff.currency = "EUR";
  tariff.prices.emplace();
  tariff.prices->source.url = "https://prices.example/day.csv";
  tariff.prices->series.interval_s = 3600;
  tariff.prices->off_peak_cheapest_s = 6 * 3600;
  return tariff;
}

}  // namespace

/// The input is what is kept in the cache, and then what the server answers.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  static const testing::ScratchDir folder;
  const std::string text(reinterpret_cast<const char*>(data), size);
  tariff::FeedOptions options;
  options.folder = folder.path();
  for (const auto access : {tariff::FeedAccess::kept, tariff::FeedAccess::always}) {
    options.access = access;
    options.get = [&](const core::HttpRequest&) { return core::HttpResponse{200, text, "\"e\"", "today"}; };
    tariff::Tariff tariff = day_ahead();
    std::ofstream(tariff::feed_cache_file(folder.path(), tariff.prices->source.url), std::ios::binary)
        << text;
    tariff::fill_feeds(tariff, now, options);
    fuzz::check_curve(tariff, now, now + 3 * 86'400);
    if (access == tariff::FeedAccess::kept) continue;
    // What was fetched is there again.
    tariff::Tariff again = day_ahead();
    options.access = tariff::FeedAccess::kept;
    tariff::fill_feeds(again, now, options);
    fuzz::require(again.prices->series.rows.size() == tariff.prices->series.rows.size(), "rows are kept");
  }
  return 0;
}
