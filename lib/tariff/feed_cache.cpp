#include "tariff/feed_cache.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/hash.h"
#include "core/os/output_file.h"
#include "core/os/private_file.h"
#include "core/secret.h"

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

/// A second between 1970 and 2300. Anything else is an Error: get<>() converts whatever is a number.
Seconds instant_at(const Json& json) {
  constexpr Seconds latest = 10'413'792'000;
  if (!json.is_number_integer() || json > latest || json < 0)
    throw Error::bad_request("there is a number that is no time");
  return json.get<Seconds>();
}

FeedCache parse(const Json& json) {
  FeedCache cache;
  if (json.at("version") != format_version) return cache;
  json.at("url").get_to(cache.url);
  cache.interval_s = instant_at(json.at("interval"));
  if (!json.at("fetched_at").is_null()) cache.fetched_at = instant_at(json.at("fetched_at"));
  cache.tried_at = instant_at(json.at("tried_at"));
  json.at("etag").get_to(cache.etag);
  json.at("last_modified").get_to(cache.last_modified);
  json.at("error").get_to(cache.error);
  for (const Json& row : json.at("rows")) {
    const auto value = Decimal::parse(row.at(1).get<std::string>());
    const Seconds start = instant_at(row.at(0));
    const bool in_order = cache.rows.empty() || start >= cache.rows.back().start + cache.interval_s;
    if (!value || !in_order) return {};
    cache.rows.push_back({start, *value, 0});
  }
  for (const Json& finding : json.at("findings"))
    cache.findings.push_back({Finding::Severity::warning,
                              {},
                              finding.at("code").get<std::string>(),
                              finding.at("message").get<std::string>(),
                              {},
                              instant_at(finding.at("until"))});
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
    } catch (const Error&) {
      cache = {};
    }
  }
  if (cache.url != core::redacted_url(url)) cache = {};
  cache.url = core::redacted_url(url);
  return cache;
}

void save_feed_cache(const fs::path& folder, const std::string& url, const FeedCache& cache) {
  std::error_code error;
  core::create_private_folder(folder, error);
  core::OutputFile file(feed_cache_file(folder, url), true, core::Readers::owner);
  std::ofstream out(file.temp_path(), std::ios::binary | std::ios::trunc);
  out << json_of(cache).dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  out.close();
  if (!out)
    throw Error::work_failed(fmt::format("the fetched prices cannot be kept in '{}'", folder.string()));
  file.commit();
}

}  // namespace turbodiff::tariff
