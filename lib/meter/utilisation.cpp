#include "meter/utilisation.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace turbodiff::meter {
namespace fs = std::filesystem;
namespace {

/// Process trees deeper than that are none of ours.
constexpr int deepest = 16;

std::int64_t tree_bytes(pid_t process, const fs::path& proc, int depth) {
  const fs::path folder = proc / std::to_string(process);
  std::int64_t pages = 0;
  std::ifstream statm(folder / "statm");
  if (std::int64_t size = 0; !(statm >> size >> pages)) return 0;
  std::int64_t bytes = pages * ::sysconf(_SC_PAGESIZE);
  if (depth == 0) return bytes;
  std::error_code error;
  for (const fs::directory_entry& task : fs::directory_iterator(folder / "task", error)) {
    std::ifstream children(task.path() / "children");
    for (pid_t child = 0; children >> child;) bytes += tree_bytes(child, proc, depth - 1);
  }
  return bytes;
}

}  // namespace

std::optional<CpuTimes> read_cpu_times(const fs::path& proc) {
  std::ifstream in(proc / "stat");
  std::string name, line;
  if (!(in >> name) || name != "cpu" || !std::getline(in, line)) return std::nullopt;
  // user nice system idle iowait irq softirq steal; guest times are part of user and nice.
  std::istringstream fields(line);
  CpuTimes times;
  std::int64_t value = 0;
  for (int i = 0; i < 8 && fields >> value; ++i) {
    times.all += value;
    if (i != 3 && i != 4) times.busy += value;
  }
  return times;
}

std::int64_t resident_bytes_of_tree(pid_t root, const fs::path& proc) {
  return root > 0 ? tree_bytes(root, proc, deepest) : 0;
}

}  // namespace turbodiff::meter
