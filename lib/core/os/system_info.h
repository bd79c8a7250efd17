// The resources of this machine for this process: cores, memory, disk, as limited by affinity and cgroups.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace turbodiff::core {

struct CpuInfo {
  std::string model;                  ///< as /proc/cpuinfo names it
  int online_cores = 1;               ///< logical, of the machine
  int allowed_cores = 1;              ///< affinity mask and cgroup quota (rounded up), at least 1
  std::vector<std::string> features;  ///< of "avx2", "fma", "f16c", "avx512f", "avx512_bf16", "avx512_vnni",
                                      ///< "avx_vnni", "amx_bf16", "amx_int8", as far as present
  bool has(const std::string& feature) const;
};

struct MemoryInfo {
  std::uint64_t total_bytes = 0;      ///< the machine's or the cgroup's limit, whichever is less
  std::uint64_t available_bytes = 0;  ///< what can be had without swapping, within the cgroup's limit
};

/// Where the kernel's files are; tests use a folder of their own.
struct SystemRoots {
  std::filesystem::path proc = "/proc";
  std::filesystem::path cgroup = "/sys/fs/cgroup";
};

CpuInfo cpu_info(const SystemRoots& roots = {});
/// cgroup v2 and v1, every level from the process's own group up.
MemoryInfo memory_info(const SystemRoots& roots = {});

/// Free bytes for this user on the file system of `path` or of its nearest existing parent.
/// Error bad_request when it cannot be determined.
std::uint64_t free_disk_bytes(const std::filesystem::path& path);

/// Largest resident set of this process so far.
std::uint64_t peak_rss_bytes();
/// Resident set of this process now.
std::uint64_t current_rss_bytes();
/// User and system time of all threads of this process, in seconds.
double process_cpu_seconds();
/// "Debian GNU/Linux 12 (bookworm)", from os-release(5); empty when there is none.
std::string os_name();
/// Kernel release, as `uname -r`.
std::string kernel_release();

}  // namespace turbodiff::core
