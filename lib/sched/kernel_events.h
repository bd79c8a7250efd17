// What the kernel has done to processes of this control group.
#pragma once

#include <cstdint>
#include <filesystem>

namespace turbodiff::sched {

/// Processes killed for want of memory since boot: of this process's control group (memory.events), else of
/// the machine
/// (/proc/vmstat). 0 where neither can be read.
std::int64_t oom_kill_count(const std::filesystem::path& root = "/");

}  // namespace turbodiff::sched
