// Assigns jobs to GPU tiers: rules from a file (YAML), of which the first that matches applies.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/yaml/yaml_node.h"

namespace turbodiff::cost {

/// A group of interchangeable GPUs.
struct RoutingTier {
  std::string name;
  std::vector<std::string> gpus;  ///< names in the catalogue
  std::string device;             ///< "cpu", "cuda", "cuda:0"; empty: auto
};

/// A closed interval.
struct Range {
  std::optional<std::int64_t> min, max;
};

/// Conditions that must all hold; a condition that is not given always holds.
struct RoutingRule {
  std::string name;
  std::vector<std::string> models;  ///< any of these; * stands for any text
  /// "480p", "720p", ...: the picture has as many pixels as one of the sizes of that resolution.
  std::vector<std::string> resolutions;
  Range pixels;  ///< of one frame
  Range frames, steps, priority;
  Range slack_s;  ///< between a start now and the deadline, minus the job's duration; infinite without one
  std::vector<std::string> when;  ///< off-peak, cheapest, now
  std::string tier;
  std::string why;  ///< for people
  std::string where;
};

struct RoutingRules {
  std::vector<RoutingTier> tiers;
  std::vector<RoutingRule> rules;  ///< the last one has no condition

  const RoutingTier& tier(std::string_view name) const;
};

struct RoutingJob {
  std::string model;
  int width = 832, height = 480;
  std::int64_t frames = 81, steps = 4, priority = 0;
  std::optional<std::int64_t> slack_s = std::nullopt;  ///< nothing: no deadline
  std::string when = "off-peak";
};

/// One rule that was checked: the condition that did not hold, or empty when it matched.
struct RoutingStep {
  const RoutingRule* rule = nullptr;
  std::string mismatch;
};

struct Route {
  const RoutingRule* rule = nullptr;
  const RoutingTier* tier = nullptr;
  std::vector<RoutingStep> steps;  ///< the rules up to the one that matched
};

Route route(const RoutingRules& rules, const RoutingJob& job);

/// Problems name file, line, column and key: an unknown key or tier, a duplicate name, an empty range, a last
/// rule with conditions, a rule behind one without conditions.
RoutingRules parse_routing(std::string_view text, const std::string& file, core::Problems& problems);
/// parse_routing() of a file. Error bad_request with every problem.
RoutingRules read_routing(const std::filesystem::path& path);

}  // namespace turbodiff::cost
