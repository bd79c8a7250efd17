// The number of threads that a program should compute with.
#pragma once

#include <optional>

#include "core/environment.h"

namespace turbodiff::core {

/// The value of OMP_NUM_THREADS (the first of a list), at most OMP_THREAD_LIMIT; nothing where it is not set
/// or not a number.
std::optional<int> wanted_threads(const Environment& environment = Environment::of_process());

/// wanted_threads(), else the cores this process may use (affinity, cgroup quota).
int default_threads();

}  // namespace turbodiff::core
