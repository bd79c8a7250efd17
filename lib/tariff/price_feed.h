// Series of prices from a url: fetched, checked, cached.
#pragma once

#include <filesystem>
#include <functional>

#include "core/net/http_client.h"
#include "tariff/tariff.h"

namespace turbodiff::tariff {

enum class FeedAccess {
  kept,   ///< use only what was fetched before
  due,    ///< fetch when older than `refresh`; after a failure again after at most five minutes
  always  ///< always fetch
};

struct FeedOptions {
  std::filesystem::path folder;  ///< where fetched series are cached
  FeedAccess access = FeedAccess::due;
  std::function<bool()> stop;          ///< ends a fetch; see core::HttpRequest
  core::Environment environment = {};  ///< where secrets may be
  std::function<core::HttpResponse(const core::HttpRequest&)> get = core::http_get;
};

/// Fills the series with a `url:` of a tariff, and its `findings` and `feeds`. The answer is CSV as
/// parse_series() reads it. An answer that is not such a series, has no row, looks like prices per MWh, or
/// ends before now while the cached rows do not, is rejected and the cached rows stay in use. Rows that
/// doubts_of() rejects are dropped: the fallback price is used, or no job runs there. Rows fetched before are
/// kept for ten days where the new answer has none. Never throws because of a source: the findings report it.
/// Secrets of the url and the headers are neither stored nor logged; see core::redacted_url(). Error
/// interrupted after `stop`.
void fill_feeds(Tariff& tariff, Seconds now, const FeedOptions& options);

}  // namespace turbodiff::tariff
