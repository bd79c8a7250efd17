// Where files live: the XDG base directories and the model search path.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "core/environment.h"

namespace turbodiff::core {

/// The folders of this user and of this installation, after the XDG Base Directory Specification 0.8. No
/// folder is created here. A folder that needs HOME when it is not set raises Error bad_request; the others
/// still work.
class Paths {
 public:
  /// `executable` is the running program's file; its location distinguishes an installation from a build
  /// tree.
  explicit Paths(Environment environment, std::filesystem::path executable = this_executable());

  static std::filesystem::path this_executable();

  std::filesystem::path config_dir() const;  ///< $XDG_CONFIG_HOME/turbodiff, ~/.config/turbodiff
  std::filesystem::path data_dir() const;    ///< $XDG_DATA_HOME/turbodiff, ~/.local/share/turbodiff
  std::filesystem::path state_dir() const;   ///< $XDG_STATE_HOME/turbodiff, ~/.local/state/turbodiff
  std::filesystem::path cache_dir() const;   ///< $XDG_CACHE_HOME/turbodiff, ~/.cache/turbodiff

  /// config_dir()/config.yaml; nothing without HOME and XDG_CONFIG_HOME.
  std::optional<std::filesystem::path> user_config_file() const;

  /// Where this user's models live and are downloaded to: `configured` when given, else data_dir()/models.
  std::filesystem::path user_models_dir(const std::optional<std::filesystem::path>& configured) const;

  /// Folders to look for a model in, best first: the user's, then shared_dirs("models"). Folders that do not
  /// exist are left out, and so is the user's when HOME is not set.
  std::vector<std::filesystem::path> model_dirs(const std::optional<std::filesystem::path>& configured) const;

  /// Existing folders of files shipped with the program: <prefix>/share/turbodiff/NAME, and in a build tree
  /// NAME in the source folder that the tree was configured from.
  std::vector<std::filesystem::path> shared_dirs(std::string_view name) const;

  /// Replaces a leading `~` or `~/` by HOME; other text is returned as a path unchanged.
  std::filesystem::path expand(std::string_view text) const;

 private:
  std::filesystem::path home() const;
  std::filesystem::path base_dir(std::string_view variable, std::string_view below_home) const;
  Environment environment_;
  std::filesystem::path executable_;
};

}  // namespace turbodiff::core
