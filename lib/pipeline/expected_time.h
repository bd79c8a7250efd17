// The expected duration of a plan on this machine.
#pragma once

#include <filesystem>

#include "pipeline/plan.h"

namespace turbodiff::pipeline {

/// Floating-point operations a second of a bare matrix product in the runtime's element type with its number
/// of threads: timed once for the process (0.1 s). Error interrupted after a signal.
double matrix_rate(const Runtime& runtime);

/// Seconds that one sample takes, from the prompt to the file. `cache_folder` as in int8_speedup().
double expected_seconds(const Plan& plan, const std::filesystem::path& cache_folder = {});

}  // namespace turbodiff::pipeline
