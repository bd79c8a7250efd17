#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"
#include "core/yaml/yaml_reader.h"
#include "cost/routing.h"
#include "spec/resolution.h"
#include "tariff/yaml_values.h"

namespace turbodiff::cost {
namespace {

using core::Problems;
using core::YamlMap;
using core::YamlNode;

class RoutingReader {
 public:
  RoutingReader(const YamlNode& root, Problems& problems) : root_(root), problems_(problems) {}

  RoutingRules read() {
    if (root_.kind == YamlNode::Kind::null) {
      problems_.add(root_.where(), "the file is empty");
      return {};
    }
    YamlMap top(root_, "", problems_);
    tariff::refuse_empty_keys(root_, top, problems_);
    if (top.require("version") != nullptr) top.integer("version", 1, 1);
    if (const YamlNode* tiers = top.require("tiers")) read_tiers(*tiers);
    const YamlNode* rules = top.require("rules");
    for (const YamlNode* node : top.list("rules")) read_rule(*node);
    top.finish();
    if (rules != nullptr) check_last(*rules);
    return std::move(result_);
  }

 private:
  void read_tiers(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::map) {
      problems_.add(node.where(), "tiers must be a map of names and what belongs to them");
      return;
    }
    for (const auto& [key, value] : node.entries) {
      YamlMap map(value, "tiers." + core::escape_control(key.text), problems_);
      RoutingTier tier;
      tier.name = key.text;
      tier.gpus = texts(map, "gpus");
      tier.device = map.text("device").value_or("");
      const bool numbered = tier.device.starts_with("cuda:") && core::parse_integer(tier.device.substr(5));
      if (!tier.device.empty() && tier.device != "auto" && tier.device != "cpu" && tier.device != "cuda" &&
          !numbered)
        problems_.add(map.find("device")->where(),
                      map.path_of("device") + " must be auto, cpu, cuda or cuda:N");
      map.finish();
      result_.tiers.push_back(std::move(tier));
    }
  }

  std::vector<std::string> texts(YamlMap& map, std::string_view key,
                                 const std::vector<std::string>& allowed = {}) {
    std::vector<std::string> list;
    for (const YamlNode* item : map.list(key)) {
      const auto text = core::yaml_text(*item, map.path_of(key), problems_);
      if (!text) continue;
      if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), *text) == allowed.end())
        problems_.add(item->where(), fmt::format("{}: '{}' is none of {}", map.path_of(key),
                                                 core::excerpt(*text), core::join(allowed, ", ")));
      list.push_back(*text);
    }
    return list;
  }

  /// A number, or a map with min and max.
  template <typename Read>
  Range range(YamlMap& map, std::string_view key, Read&& read) {
    const YamlNode* node = map.find(key);
    if (node == nullptr) return {};
    Range range;
    if (node->kind == YamlNode::Kind::map) {
      YamlMap ends(*node, map.path_of(key), problems_);
      tariff::refuse_empty_keys(*node, ends, problems_);
      if (const YamlNode* min = ends.find("min")) range.min = read(*min, ends.path_of("min"));
      if (const YamlNode* max = ends.find("max")) range.max = read(*max, ends.path_of("max"));
      ends.finish();
    } else {
      range.min = range.max = read(*node, map.path_of(key));
    }
    if (range.min && range.max && *range.min > *range.max)
      problems_.add(node->where(), map.path_of(key) + ": min is above max, nothing would match");
    if (node->kind == YamlNode::Kind::map && node->entries.empty())
      problems_.add(node->where(), map.path_of(key) + " needs min or max");
    return range;
  }

  void read_conditions(const YamlNode& node, RoutingRule& rule) {
    YamlMap map(node, "rules.if", problems_);
    tariff::refuse_empty_keys(node, map, problems_);
    const auto integer = [&](const YamlNode& value, const std::string& key) {
      return core::yaml_integer(value, key, problems_);
    };
    const auto duration = [&](const YamlNode& value, const std::string& key) {
      return tariff::read_duration(value, key, problems_);
    };
    std::vector<std::string> resolutions;
    for (const std::string_view name : spec::resolution_names()) resolutions.emplace_back(name);
    rule.models = texts(map, "model");
    rule.resolutions = texts(map, "resolution", resolutions);
    rule.pixels = range(map, "pixels", integer);
    rule.frames = range(map, "frames", integer);
    rule.steps = range(map, "steps", integer);
    rule.priority = range(map, "priority", integer);
    rule.slack_s = range(map, "slack", duration);
    rule.when = texts(map, "when", {"off-peak", "cheapest", "now"});
    map.finish();
  }

  void read_rule(const YamlNode& node) {
    YamlMap map(node, "rules", problems_);
    tariff::refuse_empty_keys(node, map, problems_);
    RoutingRule rule;
    rule.where = node.where();
    if (const YamlNode* name = map.require("name")) {
      rule.name = core::yaml_text(*name, "rules.name", problems_).value_or("");
      for (const RoutingRule& other : result_.rules)
        if (other.name == rule.name)
          problems_.add(name->where(),
                        fmt::format("the rule '{}' is defined twice", core::escape_control(rule.name)));
    }
    if (unconditional_)
      problems_.add(node.where(), fmt::format("this rule is never reached: '{}' before it matches every job",
                                              core::escape_control(result_.rules.back().name)));
    const YamlNode* conditions = map.find("if");
    if (conditions != nullptr) read_conditions(*conditions, rule);
    unconditional_ = conditions == nullptr || conditions->entries.empty();
    if (const YamlNode* tier = map.require("tier")) {
      rule.tier = core::yaml_text(*tier, "rules.tier", problems_).value_or("");
      std::vector<std::string> names;
      for (const RoutingTier& known : result_.tiers) names.push_back(known.name);
      if (std::find(names.begin(), names.end(), rule.tier) == names.end())
        problems_.add(tier->where(),
                      fmt::format("rules.tier: unknown tier '{}'{}", core::escape_control(rule.tier),
                                  core::did_you_mean(rule.tier, names)));
    }
    rule.why = map.text("why").value_or("");
    map.finish();
    result_.rules.push_back(std::move(rule));
  }

  void check_last(const YamlNode& rules) {
    if (!unconditional_)
      problems_.add(rules.where(), "the last rule must have no 'if', so that every job has a tier");
  }

  const YamlNode& root_;
  Problems& problems_;
  RoutingRules result_;
  bool unconditional_ = false;
};

}  // namespace

RoutingRules parse_routing(std::string_view text, const std::string& file, Problems& problems) {
  const YamlNode root = core::parse_yaml(text, file, problems);
  return RoutingReader(root, problems).read();
}

RoutingRules read_routing(const std::filesystem::path& path) {
  Problems problems;
  const YamlNode root = core::load_yaml(path, problems);
  RoutingRules rules = RoutingReader(root, problems).read();
  problems.throw_if_any();
  return rules;
}

}  // namespace turbodiff::cost
