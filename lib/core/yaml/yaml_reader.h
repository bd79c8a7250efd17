// Reads a YAML map key by key; invalid values and unknown keys are collected, never thrown.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/yaml/yaml_node.h"

namespace turbodiff::core {

/// Adds the problem "NAME must be EXPECTED, not ..." with the actual value.
void add_mismatch(const YamlNode& node, std::string_view name, std::string_view expected, Problems& problems);

/// Each reads one node, and returns nothing and adds a problem that names `name` when the node does not fit.
std::optional<std::string> yaml_text(const YamlNode& node, std::string_view name, Problems& problems);
std::optional<std::int64_t> yaml_integer(const YamlNode& node, std::string_view name, Problems& problems,
                                         std::int64_t min = std::numeric_limits<std::int64_t>::min(),
                                         std::int64_t max = std::numeric_limits<std::int64_t>::max());
std::optional<double> yaml_number(const YamlNode& node, std::string_view name, Problems& problems,
                                  double min = std::numeric_limits<double>::lowest(),
                                  double max = std::numeric_limits<double>::max());
/// true/false, yes/no, on/off.
std::optional<bool> yaml_boolean(const YamlNode& node, std::string_view name, Problems& problems);

/// A map being read. finish() reports every key that was not read, with the nearest known one.
class YamlMap {
 public:
  /// `name` is the map's own path ("estimate"), empty at the top level. A node that is not a map is a
  /// problem; null is an empty map. `node` and `problems` must outlive the reader.
  YamlMap(const YamlNode& node, std::string name, Problems& problems);

  /// The value of a key, which counts as known from then on; nullptr when it is absent or null.
  const YamlNode* find(std::string_view key);
  /// As find(), but an absent key is a problem.
  const YamlNode* require(std::string_view key);

  std::optional<std::string> text(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key,
                                      std::int64_t min = std::numeric_limits<std::int64_t>::min(),
                                      std::int64_t max = std::numeric_limits<std::int64_t>::max());
  std::optional<double> number(std::string_view key, double min = std::numeric_limits<double>::lowest(),
                               double max = std::numeric_limits<double>::max());
  std::optional<bool> boolean(std::string_view key);
  /// The items of a list; a single value counts as a list of one, an absent key as none.
  std::vector<const YamlNode*> list(std::string_view key);
  /// "estimate.watts"
  std::string path_of(std::string_view key) const;

  void finish();

 private:
  const YamlNode& node_;
  std::string name_;
  Problems& problems_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace turbodiff::core
