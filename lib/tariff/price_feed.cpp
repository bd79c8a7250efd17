#include "tariff/price_feed.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/text/encoding.h"
#include "core/text/strings.h"
#include "core/yaml/yaml_node.h"
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
        shown_(core::redacted_url(source.url)),
        cache_(load_feed_cache(options.folder, source.url)) {
    if (cache_.interval_s != series.interval_s) {
      cache_ = FeedCache();
      cache_.interval_s = series.interval_s;
    }
    cache_.url = shown_;
  }

  void fill() {
    if (options_.access == FeedAccess::always || (options_.access == FeedAccess::due && due_at() <= now_))
      fetch();
    series_.rows = cache_.rows;
    report_state();
  }

 private:
  /// A time of a fetch that lies ahead is of a clock that was set back.
  Seconds due_at() const {
    const Seconds retry = std::min(retry_s, source_.refresh_s);
    if (!cache_.error.empty()) return cache_.tried_at > now_ ? now_ : cache_.tried_at + retry;
    if (!cache_.fetched_at || *cache_.fetched_at > now_) return now_;
    return *cache_.fetched_at + source_.refresh_s;
  }

  /// Fills the secrets in. What they are is kept aside, to keep messages free of them.
  core::HttpRequest request() {
    core::HttpRequest request;
    secrets_.clear();
    core::redacted_url(source_.url, &secrets_);
    request.url = source_.url;
    request.stop = options_.stop;
    request.headers.emplace_back("Accept: text/csv, text/plain;q=0.9, */*;q=0.1");
    if (source_.token.given()) {
      secrets_.push_back(core::read_secret(source_.token, options_.environment));
      request.url = core::replace_all(request.url, "{token}", core::percent_encoded(secrets_.back()));
    }
    for (const SourceHeader& header : source_.headers) {
      std::string value = header.text;
      if (header.secret.given()) {
        secrets_.push_back(core::read_secret(header.secret, options_.environment));
        value += secrets_.back();
        request.follow = false;  // another host has no business with it
      }
      request.headers.push_back(header.name + ": " + value);
    }
    if (!cache_.etag.empty()) request.headers.push_back("If-None-Match: " + cache_.etag);
    if (!cache_.last_modified.empty())
      request.headers.push_back("If-Modified-Since: " + cache_.last_modified);
    return request;
  }

  void fetch() {
    cache_.tried_at = now_;
    cache_.error.clear();
    std::string url = source_.url;
    try {
      const core::HttpRequest asked = request();
      url = asked.url;
      take(options_.get(asked));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted) throw;
      cache_.error = without_address(error.message(), url);
    }
    try {
      save_feed_cache(options_.folder, source_.url, cache_);
    } catch (const Error& error) {
      add({Finding::Severity::warning, Finding::Action::reported, "not-kept", error.message(), shown_,
           now_ + source_.refresh_s});
    }
  }

  /// A message without the address, which stands before it anyway, and without any secret.
  std::string without_address(std::string message, const std::string& url) {
    for (const std::string& address : {url, core::redacted_url(url), source_.url, shown_}) {
      if (message.starts_with(address + ": ")) message.erase(0, address.size() + 2);
      message = core::replace_all(message, address, shown_);
    }
    return core::without_secrets(std::move(message), secrets_);
  }

  void take(core::HttpResponse response) {
    constexpr int ok = 200;
    if (response.status == not_modified && cache_.fetched_at) {
      cache_.fetched_at = now_;
      return;
    }
    if (response.status != ok)
      throw Error::work_failed(fmt::format("the answer is HTTP {}", response.status));
    core::Problems problems;
    Series series =
        parse_series(response.body, "line", prices_ ? "price" : "g_per_kwh", series_.interval_s, problems);
    if (!problems.empty()) {
      // "line:3:1: ..." of a row, "line: ..." of the whole text.
      const std::string& first_problem = problems.lines().front();
      const std::string first =
          first_problem.starts_with("line: ") ? first_problem.substr(6) : "line " + first_problem.substr(5);
      const std::size_t others = problems.size() - 1;
      throw Error::work_failed(others == 0 ? first : fmt::format("{} (and {} more)", first, others));
    }
    if (series.rows.empty()) throw Error::work_failed("there is no row");
    if (prices_)
      if (const auto doubt = wrong_unit(series, tariff_.prices->fallback, tariff_.currency))
        throw Error::work_failed(*doubt);
    const auto end = [&](const std::vector<SeriesRow>& rows) {
      return rows.back().start + series_.interval_s;
    };
    if (end(series.rows) <= now_ && !cache_.rows.empty() && end(cache_.rows) > now_)
      throw Error::work_failed(fmt::format("the prices end on {}, which is over; is it the wrong day?",
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

  void report_state() {
    const bool bridged = prices_ && tariff_.prices->fallback;
    const auto missing = bridged ? Finding::Action::bridged : Finding::Action::refused;
    if (!cache_.error.empty()) {
      std::string message = cache_.error;
      message += cache_.fetched_at
                     ? "; using what came at " + format_rfc3339(*cache_.fetched_at, tariff_.zone)
                     : "; nothing was fetched before";
      const auto action = prices_ && !cache_.fetched_at ? missing : Finding::Action::reported;
      add({Finding::Severity::warning, action, "not-fetched", std::move(message), shown_, due_at()});
    }
    for (Finding finding : cache_.findings) {
      finding.action = missing;
      finding.where = shown_;
      add(std::move(finding));
    }
    tariff_.feeds.push_back({shown_, cache_.fetched_at, std::max(due_at(), now_ + 1)});
  }

  void add(Finding finding) { tariff_.findings.push_back(std::move(finding)); }

  Tariff& tariff_;
  const SeriesSource& source_;
  Series& series_;
  bool prices_;
  Seconds now_;
  const FeedOptions& options_;
  std::string shown_;  ///< the url without its secrets
  FeedCache cache_;
  std::vector<std::string> secrets_;
};

}  // namespace

void fill_feeds(Tariff& tariff, Seconds now, const FeedOptions& options) {
  if (tariff.prices && !tariff.prices->source.url.empty())
    Feed(tariff, tariff.prices->source, tariff.prices->series, true, now, options).fill();
  if (tariff.carbon.source && !tariff.carbon.source->url.empty())
    Feed(tariff, *tariff.carbon.source, tariff.carbon.series, false, now, options).fill();
}

}  // namespace turbodiff::tariff
