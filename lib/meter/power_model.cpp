#include "meter/power_model.h"

#include <cmath>

namespace turbodiff::meter {

std::int64_t generating_milliwatts(std::optional<double> configured, std::string_view device, int cores,
                                   bool has_gpu) {
  if (configured) return std::llround(*configured * 1000);
  const bool gpu = device.starts_with("cuda") || (device == "auto" && has_gpu);
  return gpu ? 350'000 : 30'000 + 8'000 * static_cast<std::int64_t>(cores);
}

}  // namespace turbodiff::meter
