// Finding tariff files by name.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::tariff {

struct TariffEntry {
  std::string name;
  std::filesystem::path path;
  std::string description;
  std::string problem;  ///< why the file cannot be used; empty when it can
};

/// The tariff files (*.yaml, *.yml) of `folders` by name; of several with one name the first folder's.
std::vector<TariffEntry> list_tariffs(std::span<const std::filesystem::path> folders);

/// The file of `file_or_name`: a path when it has a slash or ends in .yaml or .yml, else the name of a file
/// in `folders`. Error bad_request, listing the available tariffs, when it does not exist.
std::filesystem::path find_tariff(const std::string& file_or_name,
                                  std::span<const std::filesystem::path> folders);

/// "cn-two-rate, de-day-ahead, ..." for messages.
std::string tariff_names(std::span<const std::filesystem::path> folders);

}  // namespace turbodiff::tariff
