#include "tariff/price_feed.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/yaml_node.h"
#include "tariff/feed_cache.h"
#include "tariff/local_time.h"
#include "tariff/price_series.h"
#include "tariff/series_doubts.h"

namespace turbodiff::tariff {
namespace {

constexpr Seconds retry_s = 300;
constexpr Seconds kept_for_s = 10 * seconds_a_day;
constexpr int not_modified = 304;

/// One series of a tariff: its prices, or its grams of CO2.
class Feed {
 public:
  Feed(Tariff& tariff, const SeriesSource& source, Series& series, bool prices, Seconds now,
       const FeedOptions& options)
      : tariff_(tariff),
        source_(source),
        series_(series),
        prices_(prices),
        now_(now),
        options_(options),
        cache_(load_feed_cache(options.folder, source.url)) {
    if (cache_.interval_s != series.interval_s) {
      cache_ = FeedCache();
      cache_.url = source.url;
      cache_.interval_s = series.interval_s;
    }
  }

  void fill() {
    if (options_.access == FeedAccess::always || (options_.access == FeedAccess::due && due_at() <= now_))
      fetch();
    series_.rows = cache_.rows;
    tell();
  }

 private:
  /// A time of a fetch that lies ahead is of a clock that was set back.
  Seconds due_at() const {
    const Seconds retry = std::min(retry_s, source_.refresh_s);
    if (!cache_.error.empty()) return cache_.tried_at > now_ ? now_ : cache_.tried_at + retry;
    if (!cache_.fetched_at || *cache_.fetched_at > now_) return now_;
    return *cache_.fetched_at + source_.refresh_s;
  }

  void fetch() {
    core::HttpRequest request;
    request.url = source_.url;
    request.stop = options_.stop;
    request.headers.push_back("Accept: text/csv, text/plain;q=0.9, */*;q=0.1");
    if (!cache_.etag.empty()) request.headers.push_back("If-None-Match: " + cache_.etag);
    if (!cache_.last_modified.empty())
      request.headers.push_back("If-Modified-Since: " + cache_.last_modified);
    cache_.tried_at = now_;
    cache_.error.clear();
    try {
      take(options_.get(request));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted) throw;
      cache_.error = error.message();
    }
    try {
      save_feed_cache(options_.folder, cache_);
    } catch (const Error& error) {
      add({Finding::Severity::warning, Finding::Action::reported, "not-kept", error.message(), source_.url,
           now_ + source_.refresh_s});
    }
  }

  void take(core::HttpResponse response) {
    constexpr int ok = 200;
    if (response.status == not_modified && cache_.fetched_at) {
      cache_.fetched_at = now_;
      return;
    }
    if (response.status != ok)
      throw Error::work_failed(fmt::format("{}: the answer is HTTP {}", source_.url, response.status));
    core::Problems problems;
    Series series = parse_series(response.body, source_.url, prices_ ? "price" : "g_per_kwh",
                                 series_.interval_s, problems);
    if (!problems.empty()) throw Error::work_failed(problems.lines().front());
    if (series.rows.empty()) throw Error::work_failed(source_.url + ": there is no row");
    if (prices_ && looks_like_mwh(series, tariff_.prices->fallback, tariff_.currency))
      throw Error::work_failed(source_.url + ": these look like prices per MWh; they must be per kWh");
    const auto end = [&](const std::vector<SeriesRow>& rows) {
      return rows.back().start + series_.interval_s;
    };
    if (end(series.rows) <= now_ && !cache_.rows.empty() && end(cache_.rows) > now_)
      throw Error::work_failed(fmt::format("{}: the prices end on {}, which is over; is it the wrong day?",
                                           source_.url,
                                           format_date(tariff_.zone.day_at(end(series.rows) - 1))));
    SeriesDoubts doubts;
    if (prices_) doubts = doubts_of(series, tariff_.zone);
    for (auto row = doubts.rows.rbegin(); row != doubts.rows.rend(); ++row)
      series.rows.erase(series.rows.begin() + static_cast<std::ptrdiff_t>(*row));
    cache_.findings = std::move(doubts.findings);
    cache_.fetched_at = now_;
    cache_.etag = std::move(response.etag);
    cache_.last_modified = std::move(response.last_modified);
    merge(std::move(series.rows));
  }

  /// New rows replace the kept ones that they overlap.
  void merge(std::vector<SeriesRow> rows) {
    std::vector<SeriesRow> merged;
    auto next = rows.begin();
    for (const SeriesRow& kept : cache_.rows) {
      if (kept.start < now_ - kept_for_s) continue;
      while (next != rows.end() && next->start + series_.interval_s <= kept.start) merged.push_back(*next++);
      if (next == rows.end() || kept.start + series_.interval_s <= next->start) merged.push_back(kept);
    }
    merged.insert(merged.end(), next, rows.end());
    for (SeriesRow& row : merged) row.line = 0;
    cache_.rows = std::move(merged);
  }

  void tell() {
    const bool bridged = prices_ && tariff_.prices->fallback;
    const auto missing = bridged ? Finding::Action::bridged : Finding::Action::refused;
    if (!cache_.error.empty()) {
      std::string message = cache_.error;
      if (message.starts_with(source_.url)) message.erase(0, source_.url.size() + 2);
      message += cache_.fetched_at
                     ? "; using what came at " + format_rfc3339(*cache_.fetched_at, tariff_.zone)
                     : "; nothing was fetched before";
      const auto action = prices_ && !cache_.fetched_at ? missing : Finding::Action::reported;
      add({Finding::Severity::warning, action, "not-fetched", std::move(message), source_.url, due_at()});
    }
    for (Finding finding : cache_.findings) {
      finding.action = missing;
      finding.where = source_.url;
      add(std::move(finding));
    }
    tariff_.feeds.push_back({source_.url, cache_.fetched_at, std::max(due_at(), now_ + 1)});
  }

  void add(Finding finding) { tariff_.findings.push_back(std::move(finding)); }

  Tariff& tariff_;
  const SeriesSource& source_;
  Series& series_;
  bool prices_;
  Seconds now_;
  const FeedOptions& options_;
  FeedCache cache_;
};

}  // namespace

void fill_feeds(Tariff& tariff, Seconds now, const FeedOptions& options) {
  if (tariff.prices && !tariff.prices->source.url.empty())
    Feed(tariff, tariff.prices->source, tariff.prices->series, true, now, options).fill();
  if (tariff.carbon.source && !tariff.carbon.source->url.empty())
    Feed(tariff, *tariff.carbon.source, tariff.carbon.series, false, now, options).fill();
}

}  // namespace turbodiff::tariff
