#include "core/os/system_info.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/text/strings.h"

namespace turbodiff::core {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

std::string read_text(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The value of the first "KEY   : VALUE" line, of /proc/cpuinfo and its like.
std::string field(std::string_view text, std::string_view key) {
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && trim(line.substr(0, colon)) == key)
      return std::string(trim(line.substr(colon + 1)));
  }
  return {};
}

/// A "12345 kB" field of /proc/meminfo or /proc/self/status in bytes.
std::uint64_t kilobyte_field(std::string_view text, std::string_view key) {
  const std::string value = field(text, key);
  const auto number = parse_integer(std::string_view(value).substr(0, value.find(' ')));
  return number && *number > 0 ? static_cast<std::uint64_t>(*number) * 1024 : 0;
}

std::optional<std::uint64_t> read_number(const fs::path& path) {
  const auto number = parse_integer(trim(read_text(path)));
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

/// The folders of this process's group in one hierarchy, the deepest first, the root last. Inside a container
/// the path of /proc/self/cgroup may not exist below the mount; the root is then the group.
std::vector<fs::path> group_folders(const fs::path& root, std::string_view group) {
  std::vector<fs::path> folders;
  fs::path path(group);
  while (path.has_relative_path()) {
    folders.push_back(root / path.relative_path());
    path = path.parent_path();
  }
  folders.push_back(root);
  return folders;
}

struct Groups {
  std::vector<fs::path> unified;  ///< cgroup v2
  std::vector<fs::path> memory;   ///< cgroup v1
  std::vector<fs::path> cpu;      ///< cgroup v1
};

Groups find_groups(const SystemRoots& roots) {
  Groups groups;
  const std::string text = read_text(roots.proc / "self/cgroup");
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> parts = split(line, ':');
    if (parts.size() < 3) continue;
    const std::string_view path = line.substr(parts[0].size() + parts[1].size() + 2);
    if (parts[1].empty()) {
      std::error_code ignored;
      const bool hybrid = fs::is_directory(roots.cgroup / "unified", ignored);
      groups.unified = group_folders(hybrid ? roots.cgroup / "unified" : roots.cgroup, path);
      continue;
    }
    for (const std::string_view controller : split(parts[1], ',')) {
      if (controller == "memory") groups.memory = group_folders(roots.cgroup / "memory", path);
      if (controller == "cpu") {
        const fs::path mount = roots.cgroup / std::string(parts[1]);
        std::error_code ignored;
        groups.cpu = group_folders(fs::is_directory(mount, ignored) ? mount : roots.cgroup / "cpu", path);
      }
    }
  }
  return groups;
}

/// Cores granted by the quotas, unlimited without one.
double quota_cores(const Groups& groups) {
  double cores = std::numeric_limits<double>::infinity();
  for (const fs::path& folder : groups.unified) {
    const std::string text = read_text(folder / "cpu.max");
    const std::vector<std::string_view> parts = split(trim(text), ' ');
    if (parts.size() != 2) continue;
    const auto quota = parse_number(parts[0]);
    const auto period = parse_number(parts[1]);
    if (quota && period && *quota > 0 && *period > 0) cores = std::min(cores, *quota / *period);
  }
  for (const fs::path& folder : groups.cpu) {
    const auto quota = read_number(folder / "cpu.cfs_quota_us");
    const auto period = read_number(folder / "cpu.cfs_period_us");
    if (quota && period && *quota > 0 && *period > 0)
      cores = std::min(cores, static_cast<double>(*quota) / static_cast<double>(*period));
  }
  return cores;
}

int affinity_cores(int online) {
  // The kernel refuses a mask shorter than its own, so the size is doubled until it fits.
  for (int cores = 1024; cores <= 1 << 16; cores *= 2) {
    cpu_set_t* mask = CPU_ALLOC(static_cast<std::size_t>(cores));
    const std::size_t size = CPU_ALLOC_SIZE(static_cast<std::size_t>(cores));
    const int result = ::sched_getaffinity(0, size, mask);
    const int error = errno;
    const int count = result == 0 ? CPU_COUNT_S(size, mask) : 0;
    CPU_FREE(mask);
    if (count > 0) return count;
    if (result != 0 && error != EINVAL) break;
  }
  return online;
}

/// Value of "KEY N" in a memory.stat.
std::uint64_t stat_value(const fs::path& path, std::string_view key) {
  const std::string text = read_text(path);
  for (const std::string_view line : split(text, '\n'))
    if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == ' ')
      return static_cast<std::uint64_t>(
          std::max<std::int64_t>(0, parse_integer(line.substr(key.size() + 1)).value_or(0)));
  return 0;
}

/// Applies one group's limit. Page cache that can be dropped does not count as used.
void apply_limit(MemoryInfo& memory, std::optional<std::uint64_t> limit, std::optional<std::uint64_t> usage,
                 std::uint64_t reclaimable) {
  if (!limit || *limit >= (std::uint64_t{1} << 60)) return;
  memory.total_bytes = std::min(memory.total_bytes, *limit);
  if (!usage) return;
  const std::uint64_t used = *usage - std::min(*usage, reclaimable);
  memory.available_bytes = std::min(memory.available_bytes, *limit - std::min(*limit, used));
}

}  // namespace

bool CpuInfo::has(const std::string& feature) const {
  return std::find(features.begin(), features.end(), feature) != features.end();
}

CpuInfo cpu_info(const SystemRoots& roots) {
  CpuInfo cpu;
  const std::string text = read_text(roots.proc / "cpuinfo");
  cpu.model = field(text, "model name");
  cpu.online_cores = static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  cpu.allowed_cores = affinity_cores(cpu.online_cores);
  const double quota = quota_cores(find_groups(roots));
  if (quota < cpu.allowed_cores) cpu.allowed_cores = std::max(1, static_cast<int>(quota + 0.999));
  const std::string flags = field(text, "flags");
  const std::vector<std::string_view> present = split(flags, ' ');
  for (const char* name :
       {"avx2", "fma", "f16c", "avx512f", "avx512_bf16", "avx512_vnni", "avx_vnni", "amx_bf16", "amx_int8"})
    if (std::find(present.begin(), present.end(), name) != present.end()) cpu.features.emplace_back(name);
  return cpu;
}

MemoryInfo memory_info(const SystemRoots& roots) {
  const std::string text = read_text(roots.proc / "meminfo");
  MemoryInfo memory{kilobyte_field(text, "MemTotal"), kilobyte_field(text, "MemAvailable")};
  if (memory.total_bytes == 0) memory = {unlimited, unlimited};
  const Groups groups = find_groups(roots);
  for (const fs::path& folder : groups.unified)
    apply_limit(memory, read_number(folder / "memory.max"), read_number(folder / "memory.current"),
                stat_value(folder / "memory.stat", "inactive_file") +
                    stat_value(folder / "memory.stat", "active_file"));
  for (const fs::path& folder : groups.memory)
    apply_limit(memory, read_number(folder / "memory.limit_in_bytes"),
                read_number(folder / "memory.usage_in_bytes"),
                stat_value(folder / "memory.stat", "total_inactive_file") +
                    stat_value(folder / "memory.stat", "total_active_file"));
  return memory;
}

std::uint64_t free_disk_bytes(const fs::path& path) {
  std::error_code error;
  fs::path folder = fs::absolute(path, error);
  struct statvfs info {};
  while (::statvfs(folder.c_str(), &info) != 0) {
    if ((errno != ENOENT && errno != ENOTDIR) || !folder.has_relative_path())
      throw Error::bad_request("cannot tell the free space at '" + path.string() +
                               "': " + std::strerror(errno));
    folder = folder.parent_path();
  }
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

std::uint64_t peak_rss_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

std::uint64_t current_rss_bytes() {
  return kilobyte_field(read_text("/proc/self/status"), "VmRSS");
}

double process_cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::string os_name() {
  for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
    const std::string text = read_text(path);
    constexpr std::string_view key = "PRETTY_NAME=";
    for (std::string_view line : split(text, '\n')) {
      if (!line.starts_with(key)) continue;
      line = trim(line.substr(key.size()));
      if (line.size() >= 2 && (line.front() == '"' || line.front() == '\''))
        line = line.substr(1, line.size() - 2);
      return std::string(line);
    }
  }
  return {};
}

std::string kernel_release() {
  utsname name{};
  return ::uname(&name) == 0 ? name.release : "";
}

}  // namespace turbodiff::core
