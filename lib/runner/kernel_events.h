// Events of this control group that the kernel has recorded.
#pragma once

#include <cstdint>
#include <filesystem>

namespace turbodiff::runner {

/// Number of processes that the kernel has killed since boot because memory ran out: in this process's
/// control group (memory.events), else on the machine (/proc/vmstat). 0 where neither can be read.
std::int64_t oom_kill_count(const std::filesystem::path& root = "/");

}  // namespace turbodiff::runner
