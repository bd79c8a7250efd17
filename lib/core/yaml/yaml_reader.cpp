#include "core/yaml/yaml_reader.h"

#include <fmt/format.h>

#include "core/text/strings.h"
#include "core/text/text_width.h"

namespace turbodiff::core {
namespace {

std::string shown(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::sequence:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
    case YamlNode::Kind::scalar:
      break;
  }
  return fmt::format("'{}'", excerpt(node.text));
}

}  // namespace

void add_mismatch(const YamlNode& node, std::string_view name, std::string_view expected,
                  Problems& problems) {
  problems.add(node.where(), fmt::format("{} must be {}, not {}", name, expected, shown(node)));
}

namespace {

template <typename Number>
std::optional<Number> checked_range(const YamlNode& node, std::string_view name, Number value, Number min,
                                    Number max, Problems& problems) {
  if (value >= min && value <= max) return value;
  if (min == max) {
    add_mismatch(node, name, fmt::format("{}", min), problems);
    return std::nullopt;
  }
  const bool has_min = min > std::numeric_limits<Number>::lowest();
  const bool has_max = max < std::numeric_limits<Number>::max();
  const std::string range = has_min && has_max ? fmt::format("between {} and {}", min, max)
                            : has_min          ? fmt::format("at least {}", min)
                                               : fmt::format("at most {}", max);
  add_mismatch(node, name, range, problems);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> yaml_text(const YamlNode& node, std::string_view name, Problems& problems) {
  if (node.kind == YamlNode::Kind::scalar) return node.text;
  add_mismatch(node, name, "a single value", problems);
  return std::nullopt;
}

std::optional<std::int64_t> yaml_integer(const YamlNode& node, std::string_view name, Problems& problems,
                                         std::int64_t min, std::int64_t max) {
  const auto value = node.kind == YamlNode::Kind::scalar ? parse_integer(node.text) : std::nullopt;
  if (value) return checked_range(node, name, *value, min, max, problems);
  add_mismatch(node, name, "a whole number", problems);
  return std::nullopt;
}

std::optional<double> yaml_number(const YamlNode& node, std::string_view name, Problems& problems, double min,
                                  double max) {
  const auto value = node.kind == YamlNode::Kind::scalar ? parse_number(node.text) : std::nullopt;
  if (value) return checked_range(node, name, *value, min, max, problems);
  add_mismatch(node, name, "a number", problems);
  return std::nullopt;
}

std::optional<bool> yaml_boolean(const YamlNode& node, std::string_view name, Problems& problems) {
  const auto value = node.kind == YamlNode::Kind::scalar ? parse_boolean(node.text) : std::nullopt;
  if (!value) add_mismatch(node, name, "true or false", problems);
  return value;
}

YamlMap::YamlMap(const YamlNode& node, std::string name, Problems& problems)
    : node_(node), name_(std::move(name)), problems_(problems) {
  if (node.kind != YamlNode::Kind::map && node.kind != YamlNode::Kind::null)
    add_mismatch(node, name_.empty() ? "the file" : name_, "a map of keys and values", problems_);
}

const YamlNode* YamlMap::find(std::string_view key) {
  known_.emplace(key);
  const YamlNode* value = node_.find(key);
  return value == nullptr || value->kind == YamlNode::Kind::null ? nullptr : value;
}

const YamlNode* YamlMap::require(std::string_view key) {
  const YamlNode* value = find(key);
  if (value == nullptr) problems_.add(node_.where(), fmt::format("{} is missing", path_of(key)));
  return value;
}

std::optional<std::string> YamlMap::text(std::string_view key) {
  const YamlNode* value = find(key);
  return value == nullptr ? std::nullopt : yaml_text(*value, path_of(key), problems_);
}

std::optional<std::int64_t> YamlMap::integer(std::string_view key, std::int64_t min, std::int64_t max) {
  const YamlNode* value = find(key);
  return value == nullptr ? std::nullopt : yaml_integer(*value, path_of(key), problems_, min, max);
}

std::optional<double> YamlMap::number(std::string_view key, double min, double max) {
  const YamlNode* value = find(key);
  return value == nullptr ? std::nullopt : yaml_number(*value, path_of(key), problems_, min, max);
}

std::optional<bool> YamlMap::boolean(std::string_view key) {
  const YamlNode* value = find(key);
  return value == nullptr ? std::nullopt : yaml_boolean(*value, path_of(key), problems_);
}

std::vector<const YamlNode*> YamlMap::list(std::string_view key) {
  std::vector<const YamlNode*> items;
  const YamlNode* value = find(key);
  if (value == nullptr) return items;
  if (value->kind != YamlNode::Kind::sequence) return {value};
  for (const YamlNode& item : value->items) items.push_back(&item);
  return items;
}

std::string YamlMap::path_of(std::string_view key) const {
  const std::string shown = escape_control(key);
  return name_.empty() ? shown : fmt::format("{}.{}", name_, shown);
}

void YamlMap::finish() {
  const std::vector<std::string> known(known_.begin(), known_.end());
  for (const auto& [key, value] : node_.entries) {
    if (problems_.full()) return;
    if (!known_.contains(key.text))
      problems_.add(key.where(),
                    fmt::format("unknown key '{}'{}", path_of(key.text), did_you_mean(key.text, known)));
  }
}

}  // namespace turbodiff::core
