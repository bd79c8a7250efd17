#include "runner/kernel_events.h"

#include <fstream>
#include <optional>
#include <string>

namespace turbodiff::runner {
namespace {

std::optional<std::int64_t> counter_of(const std::filesystem::path& file, const std::string& name) {
  std::ifstream in(file);
  std::string key;
  std::int64_t value = 0;
  while (in >> key >> value)
    if (key == name) return value;
  return std::nullopt;
}

}  // namespace

std::int64_t oom_kill_count(const std::filesystem::path& root) {
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);)
    if (line.starts_with("0::/"))
      if (const auto count =
              counter_of(root / "sys/fs/cgroup" / line.substr(4) / "memory.events", "oom_kill"))
        return *count;
  return counter_of(root / "proc/vmstat", "oom_kill").value_or(0);
}

}  // namespace turbodiff::runner
