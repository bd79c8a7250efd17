// NVIDIA GPUs through NVML, the driver's library, which is opened at run time: without a driver there are
// none. Names, structures and codes as in NVIDIA's nvml.h, versions 11 to 12.9.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace turbodiff::meter {

/// The readings of one GPU; nullopt where it gives none.
struct GpuReading {
  std::optional<std::uint64_t> counter_mj;  ///< since the driver was loaded
  std::optional<std::int64_t> milliwatts;   ///< instantaneous where the driver supports it
  std::optional<std::int64_t> permille;     ///< of time in which a kernel ran
  std::optional<std::int64_t> used_bytes;   ///< memory of all processes
  bool lost = false;                        ///< it has fallen off the bus, or the driver is gone
};

struct GpuPowerLimit {
  std::int64_t current_mw = 0, default_mw = 0, min_mw = 0, max_mw = 0;
};

class Nvml {
 public:
  /// Never fails: see problem().
  explicit Nvml(const std::string& library = "libnvidia-ml.so.1");
  ~Nvml();
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  /// Why there are no GPUs: "libnvidia-ml.so.1 is not installed"; empty when there are some.
  const std::string& problem() const { return problem_; }
  std::size_t count() const { return names_.size(); }
  const std::string& name(std::size_t gpu) const { return names_[gpu]; }
  /// Stable across restarts; "" where the driver gives none.
  const std::string& uuid(std::size_t gpu) const { return uuids_[gpu]; }

  GpuReading read(std::size_t gpu);
  std::optional<GpuPowerLimit> power_limit(std::size_t gpu);
  /// Needs root. Returns the problem, or an empty text.
  std::string set_power_limit(std::size_t gpu, std::int64_t milliwatts);

 private:
  struct Library;
  void open();
  std::unique_ptr<Library> library_;
  std::string problem_;
  std::vector<void*> handles_;
  std::vector<std::string> names_, uuids_;
};

}  // namespace turbodiff::meter
