// How busy the processors are and how much memory a process and its children hold, from proc(5).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace turbodiff::meter {

/// Time that all processors together were busy and idle since the machine was started, in clock ticks.
struct CpuTimes {
  std::int64_t busy = 0, all = 0;
};
std::optional<CpuTimes> read_cpu_times(const std::filesystem::path& proc = "/proc");

/// Resident memory of a process and everything below it, in bytes; 0 when it is gone.
std::int64_t resident_bytes_of_tree(pid_t root, const std::filesystem::path& proc = "/proc");

}  // namespace turbodiff::meter
