#include "tariff/source_secrets.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/text/strings.h"
#include "core/text/text_width.h"

namespace turbodiff::tariff {
namespace {

using core::SecretSource;
using core::YamlMap;
using core::YamlNode;

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_header_name(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~' && c != ':'; });
}

bool is_this_machine(std::string_view url) {
  std::string_view host = url.substr(std::min(url.find("://"), url.size() - 3) + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (host.starts_with("[::1]")) return true;
  host = host.substr(0, host.find(':'));
  return core::equals_ignoring_case(host, "localhost") ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

/// One of `file_key` and `variable_key`; none where neither is there.
SecretSource read_source(YamlMap& map, std::string_view file_key, std::string_view variable_key,
                         const std::filesystem::path& folder, core::Problems& problems) {
  const YamlNode* file = map.find(file_key);
  const YamlNode* variable = map.find(variable_key);
  if (file != nullptr && variable != nullptr) {
    problems.add(variable->where(), fmt::format("{} and {} exclude each other", map.path_of(file_key),
                                                map.path_of(variable_key)));
    return {};
  }
  if (file != nullptr) {
    const auto name = core::yaml_text(*file, map.path_of(file_key), problems);
    if (!name) return {};
    return {SecretSource::Kind::file, (folder / *name).lexically_normal().string(), map.path_of(file_key),
            file->where()};
  }
  if (variable == nullptr) return {};
  const auto name = core::yaml_text(*variable, map.path_of(variable_key), problems);
  if (!name) return {};
  return {SecretSource::Kind::variable, *name, map.path_of(variable_key), variable->where()};
}

void read_header(const YamlNode& key, const YamlNode& value, const std::string& path,
                 const std::filesystem::path& folder, SeriesSource& source, core::Problems& problems) {
  SourceHeader header;
  header.name = key.text;
  if (!is_header_name(key.text))
    return problems.add(key.where(), fmt::format("{} is not a header name", path));
  if (value.kind == YamlNode::Kind::map) {
    YamlMap map(value, path, problems);
    header.text = map.text("prefix").value_or("");
    header.secret = read_source(map, "file", "env", folder, problems);
    map.finish();
    if (map.find("file") == nullptr && map.find("env") == nullptr)
      problems.add(value.where(), fmt::format("{} must have file or env", path));
  } else if (core::sounds_secret(key.text)) {
    return problems.add(value.where(),
                        fmt::format("{} is a secret and must not be stored in this file: write "
                                    "{{ env: NAME }} or {{ file: PATH }}",
                                    path));
  } else {
    header.text = core::yaml_text(value, path, problems).value_or("");
  }
  if (!is_plain(header.text)) problems.add(value.where(), fmt::format("{} must be printable ASCII", path));
  source.headers.push_back(std::move(header));
}

}  // namespace

void read_source_secrets(YamlMap& map, const std::filesystem::path& folder, SeriesSource& source,
                         core::Problems& problems) {
  source.token = read_source(map, "token_file", "token_env", folder, problems);
  const bool has_place = source.url.find("{token}") != std::string::npos;
  if (source.token.given() && !has_place)
    problems.add(source.token.where, fmt::format("{} needs a url with {{token}} in it", source.token.key));
  if (has_place && !source.token.given())
    problems.add(source.where, fmt::format("{}: {{token}} needs {} or {}", map.path_of("url"),
                                           map.path_of("token_env"), map.path_of("token_file")));
  const std::string path = map.path_of("headers");
  if (const YamlNode* headers = map.find("headers")) {
    if (source.url.empty()) problems.add(headers->where(), fmt::format("{} needs a url", path));
    if (headers->kind != YamlNode::Kind::map)
      problems.add(headers->where(), fmt::format("{} must be a map of names and values", path));
    for (const auto& [key, value] : headers->entries)
      read_header(key, value, fmt::format("{}.{}", path, core::escape_control(key.text)), folder, source,
                  problems);
  }
  const bool secret =
      source.token.given() || std::any_of(source.headers.begin(), source.headers.end(),
                                          [](const SourceHeader& header) { return header.secret.given(); });
  if (secret && source.url.starts_with("http://") && !is_this_machine(source.url))
    problems.add(source.where,
                 fmt::format("{}: http would send the secret in clear text; use https", map.path_of("url")));
}

}  // namespace turbodiff::tariff
