// Settings in layers: flag > environment > user's file > system's file > built-in default.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config_schema.h"
#include "core/environment.h"
#include "core/os/paths.h"
#include "core/yaml/yaml_node.h"

namespace turbodiff::core {

enum class ConfigSource { flag, environment, user_file, system_file, built_in };

struct ConfigValue {
  std::string text;  ///< paths are absolute
  ConfigSource source = ConfigSource::built_in;
  /// "--steps", "TURBODIFF_STEPS", "/home/me/.config/turbodiff/config.yaml:4:10" or "default".
  std::string where;
};

/// A value from the command line and the spelling it came by.
struct FlagValue {
  std::string text;
  std::string spelling;  ///< "--steps"
};

struct ConfigInputs {
  std::map<std::string, FlagValue, std::less<>> flags = {};  ///< by key name, "generate.steps"
  std::optional<std::filesystem::path> config_flag = {};     ///< --config
  std::filesystem::path system_file = "/etc/turbodiff/config.yaml";
};

/// The settings of one run of a program, resolved once.
class Config {
 public:
  /// Reads the files and variables. The user's file is --config, else TURBODIFF_CONFIG, else
  /// Paths::user_config_file(); the first two must exist. Error bad_request with every problem of every
  /// layer, each with its place.
  static Config load(const Environment& environment, const Paths& paths, const ConfigInputs& inputs = {});

  /// Nothing when the key is set in no layer and has no default. Error work_failed for a name not in the
  /// schema, as for all of these.
  std::optional<ConfigValue> find(std::string_view name) const;
  std::optional<std::string> text(std::string_view name) const;
  std::optional<std::filesystem::path> path(std::string_view name) const;
  std::optional<std::int64_t> integer(std::string_view name) const;
  std::optional<double> number(std::string_view name) const;
  std::optional<bool> boolean(std::string_view name) const;
  /// The value of a structure; nullptr when no file sets it.
  const YamlNode* node(std::string_view name) const;

  struct Entry {
    const ConfigKey* key;
    std::optional<ConfigValue> value;
  };
  /// Every key of the schema in its order.
  std::vector<Entry> entries() const;
  /// The files that were read, the one of highest precedence first.
  const std::vector<std::filesystem::path>& files() const { return files_; }

 private:
  std::map<std::string, ConfigValue, std::less<>> values_;
  std::map<std::string, YamlNode, std::less<>> nodes_;
  std::vector<std::filesystem::path> files_;
};

}  // namespace turbodiff::core
