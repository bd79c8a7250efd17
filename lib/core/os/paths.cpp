#include "core/os/paths.h"

#include <sys/auxv.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>

#include "core/error.h"

namespace turbodiff::core {
namespace fs = std::filesystem;
namespace {

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

/// The source folder of the CMake build tree that `executable` lies in, up to three levels above it.
std::optional<fs::path> source_of_build_tree(const fs::path& executable) {
  fs::path folder = executable.parent_path();
  for (int level = 0; level < 4 && folder.has_relative_path(); ++level, folder = folder.parent_path()) {
    std::ifstream cache(folder / "CMakeCache.txt");
    constexpr std::string_view key = "CMAKE_HOME_DIRECTORY:INTERNAL=";
    for (std::string line; std::getline(cache, line);)
      if (line.starts_with(key)) return fs::path(line.substr(key.size()));
  }
  return std::nullopt;
}

void add_if_folder(std::vector<fs::path>& folders, const fs::path& folder) {
  if (is_folder(folder) && std::find(folders.begin(), folders.end(), folder) == folders.end())
    folders.push_back(folder);
}

}  // namespace

Paths::Paths(Environment environment, fs::path executable)
    : environment_(std::move(environment)), executable_(std::move(executable)) {}

fs::path Paths::this_executable() {
  std::error_code ignored;
  fs::path executable = fs::read_symlink("/proc/self/exe", ignored);
  if (!executable.empty()) return executable;
  // Without /proc: the name that the kernel was given.
  const auto* name = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
  return name ? fs::weakly_canonical(name, ignored) : fs::path();
}

fs::path Paths::home() const {
  if (const auto home = environment_.get("HOME")) return *home;
  throw Error::bad_request("cannot tell your home folder: HOME is not set",
                           "set HOME, or XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME and XDG_CACHE_HOME");
}

fs::path Paths::base_dir(std::string_view variable, std::string_view below_home) const {
  const auto value = environment_.get(variable);
  // The specification asks to ignore relative paths.
  if (value && fs::path(*value).is_absolute()) return fs::path(*value) / "turbodiff";
  return home() / below_home / "turbodiff";
}

fs::path Paths::config_dir() const {
  return base_dir("XDG_CONFIG_HOME", ".config");
}
fs::path Paths::data_dir() const {
  return base_dir("XDG_DATA_HOME", ".local/share");
}
fs::path Paths::state_dir() const {
  return base_dir("XDG_STATE_HOME", ".local/state");
}
fs::path Paths::cache_dir() const {
  return base_dir("XDG_CACHE_HOME", ".cache");
}

std::optional<fs::path> Paths::user_config_file() const {
  const auto value = environment_.get("XDG_CONFIG_HOME");
  if (!environment_.has("HOME") && !(value && fs::path(*value).is_absolute())) return std::nullopt;
  return config_dir() / "config.yaml";
}

fs::path Paths::user_models_dir(const std::optional<fs::path>& configured) const {
  return configured ? *configured : data_dir() / "models";
}

std::vector<fs::path> Paths::model_dirs(const std::optional<fs::path>& configured) const {
  std::vector<fs::path> folders;
  const auto data_home = environment_.get("XDG_DATA_HOME");
  if (configured || environment_.has("HOME") || (data_home && fs::path(*data_home).is_absolute()))
    add_if_folder(folders, user_models_dir(configured));
  for (const fs::path& folder : shared_dirs("models")) add_if_folder(folders, folder);
  return folders;
}

std::vector<fs::path> Paths::shared_dirs(std::string_view name) const {
  std::vector<fs::path> folders;
  add_if_folder(folders, executable_.parent_path().parent_path() / "share/turbodiff" / name);
  if (const auto source = source_of_build_tree(executable_)) add_if_folder(folders, *source / name);
  return folders;
}

fs::path Paths::expand(std::string_view text) const {
  if (text == "~") return home();
  if (text.starts_with("~/")) return home() / text.substr(2);
  return fs::path(text);
}

}  // namespace turbodiff::core
