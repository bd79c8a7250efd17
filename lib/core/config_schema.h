// The settings that exist: one row a key. A new setting is a new row.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::core {

enum class ValueKind {
  text,
  path,  ///< `~` is expanded; relative to the current folder, in a configuration file to that file's folder
  name_or_path,  ///< a path when it has a slash or ends in .yaml or .yml, else a name
  integer,       ///< within [min, max]
  number,        ///< within [min, max]
  boolean,       ///< true/false, yes/no, on/off
  choice,        ///< one of `choices`
  structure      ///< a list or map that is parsed by its user: Config::node()
};

struct ConfigKey {
  std::string_view name;  ///< "estimate.watts": section and key; a name without a dot is at the top level
  ValueKind kind;
  std::string_view variable;  ///< environment variable; empty: none
  std::string_view fallback;  ///< built-in default as text; empty: unset
  std::string_view help;
  double min = 0;
  double max = 0;
  std::vector<std::string_view> choices = {};
};

/// Every key, in the order `doctor --show-config` prints them.
std::span<const ConfigKey> config_keys();
/// nullptr for an unknown name.
const ConfigKey* find_config_key(std::string_view name);

/// The sections a file may have; those that have no keys yet must be empty.
std::span<const std::string_view> config_sections();

/// The problem with `text` as a value of `key`, or empty.
std::string value_problem(const ConfigKey& key, std::string_view text);

}  // namespace turbodiff::core
