// Measured speeds of this machine, stored for later processes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace turbodiff::core {

/// Whether a figure applies to as many cores as this process may use, or to one core regardless of their
/// number.
enum class SpeedOf { cores, core };

/// Named figures in a small JSON file of the cache folder. Figures of another processor, number of cores or
/// program count as absent, and so does an unreadable file; if the file cannot be written, the next process
/// measures again.
class SpeedFile {
 public:
  /// With an empty folder nothing is stored. `program` is its name and version.
  SpeedFile(const std::filesystem::path& cache_folder, std::string program);

  std::optional<double> find(const std::string& name, SpeedOf of = SpeedOf::cores) const;
  void keep(const std::string& name, double value, SpeedOf of = SpeedOf::cores) const;

 private:
  std::string key(const std::string& name, SpeedOf of) const;

  std::filesystem::path path_;
  std::string machine_;
  int cores_ = 0;
};

/// Floating-point operations a second of a matrix product as generations run it by default on this machine.
inline constexpr const char* matrix_rate_figure = "flops_per_s";

}  // namespace turbodiff::core
