#include "tariff/tariff_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"
#include "core/yaml/yaml_node.h"

namespace turbodiff::tariff {
namespace fs = std::filesystem;
namespace {

bool is_tariff_file(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml";
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (is_tariff_file(it->path())) files.push_back(it->path());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> all_names(std::span<const fs::path> folders) {
  std::set<std::string> names;
  for (const fs::path& folder : folders)
    for (const fs::path& file : files_in(folder)) names.insert(file.stem().string());
  return {names.begin(), names.end()};
}

}  // namespace

std::vector<TariffEntry> list_tariffs(std::span<const fs::path> folders) {
  std::vector<TariffEntry> entries;
  std::set<std::string> seen;
  for (const fs::path& folder : folders)
    for (const fs::path& file : files_in(folder)) {
      if (!seen.insert(file.stem().string()).second) continue;
      TariffEntry entry{file.stem().string(), file, {}, {}};
      core::Problems problems;
      try {
        const core::YamlNode root = core::load_yaml(file, problems);
        if (const core::YamlNode* description = root.find("description"))
          entry.description = description->text;
      } catch (const Error& error) {
        entry.problem = error.message();
      }
      if (!problems.empty()) entry.problem = problems.lines().front();
      entries.push_back(std::move(entry));
    }
  return entries;
}

fs::path find_tariff(const std::string& file_or_name, std::span<const fs::path> folders) {
  std::error_code error;
  if (file_or_name.find('/') != std::string::npos || is_tariff_file(file_or_name)) {
    if (fs::is_regular_file(file_or_name, error)) return file_or_name;
    throw Error::bad_request(fmt::format("there is no tariff file '{}'", core::escape_control(file_or_name)),
                             "the shipped tariffs are " + tariff_names(folders));
  }
  for (const fs::path& folder : folders)
    for (const char* extension : {".yaml", ".yml"})
      if (fs::path path = folder / (file_or_name + extension); fs::is_regular_file(path, error)) return path;
  throw Error::bad_request(fmt::format("there is no tariff '{}'{}", core::escape_control(file_or_name),
                                       core::did_you_mean(file_or_name, all_names(folders))),
                           "the shipped tariffs are " + tariff_names(folders));
}

std::string tariff_names(std::span<const fs::path> folders) {
  return core::join(all_names(folders), ", ");
}

}  // namespace turbodiff::tariff
