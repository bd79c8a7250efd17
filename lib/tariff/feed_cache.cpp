#include "tariff/feed_cache.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/hash.h"
#include "core/output_file.h"

namespace turbodiff::tariff {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::json;

constexpr int format_version = 1;

Json json_of(const FeedCache& cache) {
  Json rows = Json::array(), findings = Json::array();
  for (const SeriesRow& row : cache.rows) rows.push_back({row.start, to_string(row.value)});
  for (const Finding& finding : cache.findings)
    findings.push_back({{"code", finding.code}, {"message", finding.message}, {"until", finding.until}});
  return {{"version", format_version},
          {"url", cache.url},
          {"interval", cache.interval_s},
          {"fetched_at", cache.fetched_at ? Json(*cache.fetched_at) : Json()},
          {"tried_at", cache.tried_at},
          {"etag", cache.etag},
          {"last_modified", cache.last_modified},
          {"error", cache.error},
          {"rows", std::move(rows)},
          {"findings", std::move(findings)}};
}

FeedCache parse(const Json& json) {
  FeedCache cache;
  if (json.at("version") != format_version) return cache;
  json.at("url").get_to(cache.url);
  json.at("interval").get_to(cache.interval_s);
  if (!json.at("fetched_at").is_null()) cache.fetched_at = json.at("fetched_at").get<Seconds>();
  json.at("tried_at").get_to(cache.tried_at);
  json.at("etag").get_to(cache.etag);
  json.at("last_modified").get_to(cache.last_modified);
  json.at("error").get_to(cache.error);
  for (const Json& row : json.at("rows")) {
    const auto value = Decimal::parse(row.at(1).get<std::string>());
    if (!value) return {};
    cache.rows.push_back({row.at(0).get<Seconds>(), *value, 0});
  }
  for (const Json& finding : json.at("findings"))
    cache.findings.push_back({Finding::Severity::warning,
                              {},
                              finding.at("code").get<std::string>(),
                              finding.at("message").get<std::string>(),
                              {},
                              finding.at("until").get<Seconds>()});
  return cache;
}

}  // namespace

fs::path feed_cache_file(const fs::path& folder, const std::string& url) {
  constexpr std::size_t digits = 16;
  return folder / (core::sha256_hex(url).substr(0, digits) + ".json");
}

FeedCache load_feed_cache(const fs::path& folder, const std::string& url) {
  FeedCache cache;
  std::ifstream in(feed_cache_file(folder, url), std::ios::binary);
  if (in) {
    const std::string text(std::istreambuf_iterator<char>(in), {});
    try {
      cache = parse(Json::parse(text));
    } catch (const Json::exception&) {
      cache = {};
    }
  }
  if (cache.url != url) cache = {};
  cache.url = url;
  return cache;
}

void save_feed_cache(const fs::path& folder, const FeedCache& cache) {
  std::error_code error;
  fs::create_directories(folder, error);
  core::OutputFile file(feed_cache_file(folder, cache.url), true);
  std::ofstream out(file.temp_path(), std::ios::binary | std::ios::trunc);
  out << json_of(cache).dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  out.close();
  if (!out)
    throw Error::work_failed(fmt::format("the fetched prices cannot be kept in '{}'", folder.string()));
  file.commit();
}

}  // namespace turbodiff::tariff
