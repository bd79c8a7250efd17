// Assumed power where no meter measures it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace turbodiff::meter {

/// Milliwatts of the whole machine while it generates: `configured` watts (estimate.watts) when given, else
/// the typical power of a machine with such a device: 350 W for a GPU, 30 W and 8 W per core for a CPU. An
/// assumption that is never reported as measured. `device` is "auto", "cpu" or "cuda:N"; auto means a GPU
/// where `has_gpu`.
std::int64_t generating_milliwatts(std::optional<double> configured, std::string_view device, int cores,
                                   bool has_gpu);

}  // namespace turbodiff::meter
