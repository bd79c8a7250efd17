#include "core/config.h"

#include <fmt/format.h>

#include <functional>

#include "core/error.h"
#include "core/text/strings.h"
#include "core/yaml/yaml_reader.h"

namespace turbodiff::core {
namespace fs = std::filesystem;
namespace {

using Values = std::map<std::string, ConfigValue, std::less<>>;
using Nodes = std::map<std::string, YamlNode, std::less<>>;

/// Checks values and keeps the first, that is the strongest, of each key.
class Resolver {
 public:
  Resolver(const Paths& paths, Values& values, Nodes& nodes, Problems& problems)
      : paths_(paths), values_(values), nodes_(nodes), problems_(problems) {}

  /// What is in it may be secret: only its size is a value.
  void offer(const ConfigKey& key, const YamlNode& node, ConfigSource source) {
    const std::size_t size = node.items.size() + node.entries.size();
    if (values_
            .try_emplace(std::string(key.name),
                         ConfigValue{fmt::format("{} entries", size), source, node.where()})
            .second)
      nodes_[std::string(key.name)] = node;
  }

  /// `subject` begins the message: the key in a file, nothing where the place names it already.
  void offer(const ConfigKey& key, const std::string& text, ConfigSource source, const std::string& where,
             std::string_view subject, const fs::path& base) {
    const std::string problem = value_problem(key, text);
    if (!problem.empty()) {
      problems_.add(where, subject.empty() ? problem : fmt::format("{} {}", subject, problem));
      return;
    }
    try {
      values_.try_emplace(std::string(key.name), ConfigValue{resolved(key, text, base), source, where});
    } catch (const Error& error) {
      problems_.add(where, error.message());
    }
  }

 private:
  std::string resolved(const ConfigKey& key, const std::string& text, const fs::path& base) const {
    const bool is_path =
        key.kind == ValueKind::path ||
        (key.kind == ValueKind::name_or_path &&
         (text.find('/') != std::string::npos || text.ends_with(".yaml") || text.ends_with(".yml")));
    if (!is_path) return text;
    return (fs::absolute(base) / paths_.expand(text)).lexically_normal().string();
  }

  const Paths& paths_;
  Values& values_;
  Nodes& nodes_;
  Problems& problems_;
};

void offer_node(Resolver& resolver, Problems& problems, const ConfigKey& key, const YamlNode* node,
                ConfigSource source, const fs::path& file) {
  if (node == nullptr) return;
  if (key.kind == ValueKind::structure) return resolver.offer(key, *node, source);
  if (const auto text = yaml_text(*node, key.name, problems))
    resolver.offer(key, *text, source, node->where(), key.name, file.parent_path());
}

void read_file(const fs::path& file, ConfigSource source, Resolver& resolver, Problems& problems) {
  const YamlNode root = load_yaml(file, problems);
  YamlMap top(root, "", problems);
  top.integer("version", 1, 1);
  for (const ConfigKey& key : config_keys())
    if (key.name.find('.') == std::string_view::npos)
      offer_node(resolver, problems, key, top.find(key.name), source, file);
  for (const std::string_view section : config_sections()) {
    const YamlNode* node = top.find(section);
    if (node == nullptr) continue;
    YamlMap map(*node, std::string(section), problems);
    const std::string prefix = std::string(section) + ".";
    for (const ConfigKey& key : config_keys())
      if (key.name.starts_with(prefix))
        offer_node(resolver, problems, key, map.find(key.name.substr(prefix.size())), source, file);
    map.finish();
  }
  top.finish();
}

/// The user's file, and whether it was named rather than found at its usual place.
std::pair<std::optional<fs::path>, bool> user_file(const Environment& environment, const Paths& paths,
                                                   const ConfigInputs& inputs) {
  if (inputs.config_flag) return {paths.expand(inputs.config_flag->string()), true};
  if (const auto variable = environment.get("TURBODIFF_CONFIG")) return {paths.expand(*variable), true};
  return {paths.user_config_file(), false};
}

bool is_there(const fs::path& path) {
  std::error_code error;
  const bool found = fs::exists(path, error);
  return found || error;  // what cannot be examined is there and will be reported by the reader
}

const ConfigKey& known_key(std::string_view name) {
  const ConfigKey* key = find_config_key(name);
  if (key == nullptr) throw Error::work_failed(fmt::format("there is no setting '{}'", name));
  return *key;
}

}  // namespace

Config Config::load(const Environment& environment, const Paths& paths, const ConfigInputs& inputs) {
  Config config;
  Problems problems;
  Resolver resolver(paths, config.values_, config.nodes_, problems);
  for (const auto& [name, flag] : inputs.flags)
    resolver.offer(known_key(name), flag.text, ConfigSource::flag, flag.spelling, "", fs::path("."));
  for (const ConfigKey& key : config_keys())
    if (const auto text = key.variable.empty() ? std::nullopt : environment.get(key.variable))
      resolver.offer(key, *text, ConfigSource::environment, std::string(key.variable), "", fs::path("."));

  const auto [file, named] = user_file(environment, paths, inputs);
  if (file && named && !is_there(*file))
    throw Error::bad_request("the configuration file '" + file->string() + "' does not exist",
                             inputs.config_flag ? "check --config" : "check TURBODIFF_CONFIG");
  const std::pair<std::optional<fs::path>, ConfigSource> files[] = {
      {file, ConfigSource::user_file}, {inputs.system_file, ConfigSource::system_file}};
  for (const auto& [path, source] : files) {
    if (!path || !is_there(*path)) continue;
    config.files_.push_back(*path);
    read_file(fs::absolute(*path).lexically_normal(), source, resolver, problems);
  }
  problems.throw_if_any();

  for (const ConfigKey& key : config_keys())
    if (!key.fallback.empty())
      config.values_.try_emplace(std::string(key.name),
                                 ConfigValue{std::string(key.fallback), ConfigSource::built_in, "default"});
  return config;
}

std::optional<ConfigValue> Config::find(std::string_view name) const {
  known_key(name);
  const auto found = values_.find(name);
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> Config::text(std::string_view name) const {
  const auto value = find(name);
  return value ? std::optional(value->text) : std::nullopt;
}

std::optional<fs::path> Config::path(std::string_view name) const {
  const auto value = text(name);
  return value ? std::optional(fs::path(*value)) : std::nullopt;
}

std::optional<std::int64_t> Config::integer(std::string_view name) const {
  const auto value = text(name);
  return value ? parse_integer(*value) : std::nullopt;
}

std::optional<double> Config::number(std::string_view name) const {
  const auto value = text(name);
  return value ? parse_number(*value) : std::nullopt;
}

std::optional<bool> Config::boolean(std::string_view name) const {
  const auto value = text(name);
  return value ? parse_boolean(*value) : std::nullopt;
}

const YamlNode* Config::node(std::string_view name) const {
  known_key(name);
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : &found->second;
}

std::vector<Config::Entry> Config::entries() const {
  std::vector<Entry> entries;
  for (const ConfigKey& key : config_keys()) entries.push_back({&key, find(key.name)});
  return entries;
}

}  // namespace turbodiff::core
