// Watts where nothing measures them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace turbodiff::energy {

/// Milliwatts of the whole machine while it generates: `configured` watts (estimate.watts) when given, else
/// what a machine with such a device usually draws: 350 W for a GPU, 30 W and 8 W a core for a CPU. A guess,
/// never called measured. `device` is "auto", "cpu" or "cuda:N"; auto means a GPU where `has_gpu`.
std::int64_t generating_milliwatts(std::optional<double> configured, std::string_view device, int cores,
                                   bool has_gpu);

}  // namespace turbodiff::energy
