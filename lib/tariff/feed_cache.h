// Prices fetched from a url, stored in a file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tariff/tariff.h"

namespace turbodiff::tariff {

struct FeedCache {
  std::string url;  ///< with secrets redacted
  Seconds interval_s = 0;
  std::optional<Seconds> fetched_at;  ///< of the rows
  Seconds tried_at = 0;
  std::string etag;
  std::string last_modified;
  std::string error;              ///< of the last fetch; empty when it succeeded
  std::vector<SeriesRow> rows;    ///< only the rows that passed the checks
  std::vector<Finding> findings;  ///< about the rows that did not
};

std::filesystem::path feed_cache_file(const std::filesystem::path& folder, const std::string& url);

/// An empty cache where there is no file, or none that can be read: a cache can always be fetched again.
FeedCache load_feed_cache(const std::filesystem::path& folder, const std::string& url);

/// Writes atomically. Error refused on a full disk, work_failed for other failures.
void save_feed_cache(const std::filesystem::path& folder, const std::string& url, const FeedCache& cache);

}  // namespace turbodiff::tariff
