// Series of prices from a url: fetched, checked, kept.
#pragma once

#include <filesystem>
#include <functional>

#include "core/http_client.h"
#include "tariff/tariff.h"

namespace turbodiff::tariff {

enum class FeedAccess {
  kept,   ///< only what has been fetched before
  due,    ///< fetched where it is older than `refresh`; after a failure again in at most five minutes
  always  ///< fetched
};

struct FeedOptions {
  std::filesystem::path folder;  ///< where fetched series are kept
  FeedAccess access = FeedAccess::due;
  std::function<bool()> stop;          ///< ends a fetch; see core::HttpRequest
  core::Environment environment = {};  ///< where secrets may be
  std::function<core::HttpResponse(const core::HttpRequest&)> get = core::http_get;
};

/// Fills the series of `url:` of a tariff, and its `findings` and `feeds`. What is fetched is CSV as
/// parse_series() reads it. An answer that is no such series, has no row, looks like prices per MWh, or ends
/// before now while the kept rows do not, is refused and what was kept stays in use. Rows that doubts_of()
/// has doubts about are left out: the fallback bridges them, or no job runs there. Rows fetched before stay
/// where the new ones have none, for ten days. Never throws for what a source does: the findings tell it.
/// Secrets of the url and the headers are neither kept nor told; see core::redacted_url(). Error interrupted
/// after `stop`.
void fill_feeds(Tariff& tariff, Seconds now, const FeedOptions& options);

}  // namespace turbodiff::tariff
