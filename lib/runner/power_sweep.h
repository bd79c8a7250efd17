// The speed of a job's model, and the power of the GPU, under several power limits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/clock.h"
#include "meter/power_cap.h"
#include "store/job_store.h"

namespace turbodiff::runner {

/// A short run of `job` (one step, its own size) under each of several limits from the default down to half
/// of it; the model stays loaded. The first point is that of the default. Error work_failed when a run fails,
/// interrupted after a signal. The limit is left at the last value.
std::vector<meter::CapPoint> sweep_power_limits(const std::filesystem::path& program, const store::Job& job,
                                                const store::Preset& preset, meter::Nvml& nvml,
                                                std::size_t gpu, meter::PowerCap& cap,
                                                const core::Clock& clock);

}  // namespace turbodiff::runner
