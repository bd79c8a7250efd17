// How many threads a program is meant to compute with.
#pragma once

#include <optional>

#include "core/environment.h"

namespace turbodiff::core {

/// What OMP_NUM_THREADS asks for (the first of a list), at most OMP_THREAD_LIMIT; nothing where it is not set
/// or no number.
std::optional<int> wanted_threads(const Environment& environment = Environment::of_process());

/// wanted_threads(), else the cores this process may use (affinity, cgroup quota).
int default_threads();

}  // namespace turbodiff::core
