// What this machine was found to do, kept from one process to the next.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace turbodiff::core {

/// Named figures in a small JSON file of the cache folder. Figures of another processor, number of cores or
/// program count as absent, and so does a file that cannot be read; one that cannot be written only costs the
/// time to measure again.
class SpeedFile {
 public:
  /// An empty folder keeps nothing. `program` is its name and version.
  SpeedFile(const std::filesystem::path& cache_folder, std::string program);

  std::optional<double> find(const std::string& name) const;
  void keep(const std::string& name, double value) const;

 private:
  std::filesystem::path path_;
  std::string machine_;
};

/// Floating-point operations a second of a matrix product as generations run it by default on this machine.
inline constexpr const char* matrix_rate_figure = "flops_per_s";

}  // namespace turbodiff::core
