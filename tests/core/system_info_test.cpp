#include "core/os/system_info.h"

#include <sched.h>

#include <algorithm>
#include <vector>

#include "core/os/threads.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::core;
using testing::TempDir;
using testing::write_file;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t gib = std::uint64_t{1} << 30;

/// A machine of 16 GiB with 12 GiB available, in files.
class FakeMachine {
 public:
  FakeMachine() {
    write("proc/meminfo",
          "MemTotal:       16777216 kB\nMemFree:         1000000 kB\nMemAvailable:   12582912 kB\n");
    write("proc/cpuinfo",
          "processor\t: 0\nmodel name\t: Example CPU @ 3 GHz\nflags\t\t: fpu avx2 fma avx512f avx512_bf16 "
          "amx_bf16\n\n"
          "processor\t: 1\nmodel name\t: Another\n");
  }
  void write(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    write_file(folder_ / name, text);
  }
  SystemRoots roots() const { return {folder_ / "proc", folder_ / "cgroup"}; }

 private:
  TempDir folder_;
};

}  // namespace

TEST_CASE("the machine's own figures are used where there is no group") {
  const FakeMachine machine;
  const MemoryInfo memory = memory_info(machine.roots());
  CHECK(memory.total_bytes == 16 * gib);
  CHECK(memory.available_bytes == 12 * gib);
  const CpuInfo cpu = cpu_info(machine.roots());
  CHECK(cpu.model == "Example CPU @ 3 GHz");
  CHECK(cpu.features == std::vector<std::string>{"avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16"});
  CHECK(cpu.has("amx_bf16"));
  CHECK_FALSE(cpu.has("avx512_vnni"));
  CHECK(cpu.allowed_cores >= 1);
}

TEST_CASE("cgroup v2 limits count on every level, and page cache is not used memory") {
  FakeMachine machine;
  machine.write("proc/self/cgroup", "0::/user.slice/job\n");
  machine.write("cgroup/user.slice/memory.max", std::to_string(4 * gib) + "\n");
  machine.write("cgroup/user.slice/memory.current", std::to_string(3 * gib) + "\n");
  machine.write("cgroup/user.slice/memory.stat", "anon 1\nactive_file " + std::to_string(gib) +
                                                     "\ninactive_file " + std::to_string(gib / 2) + "\n");
  machine.write("cgroup/user.slice/job/memory.max", "max\n");
  machine.write("cgroup/user.slice/job/memory.current", "1000\n");
  machine.write("cgroup/user.slice/cpu.max", "max 100000\n");
  machine.write("cgroup/user.slice/job/cpu.max", "50000 100000\n");
  const MemoryInfo memory = memory_info(machine.roots());
  CHECK(memory.total_bytes == 4 * gib);
  CHECK(memory.available_bytes == 4 * gib - 3 * gib / 2);
  CHECK(cpu_info(machine.roots()).allowed_cores == 1);
}

TEST_CASE("a container whose group is its root is limited too") {
  FakeMachine machine;
  machine.write("proc/self/cgroup", "0::/docker/0123\n");
  machine.write("cgroup/memory.max", std::to_string(2 * gib) + "\n");
  machine.write("cgroup/memory.current", std::to_string(3 * gib) + "\n");
  const MemoryInfo memory = memory_info(machine.roots());
  CHECK(memory.total_bytes == 2 * gib);
  CHECK(memory.available_bytes == 0);
}

TEST_CASE("cgroup v1 limits count, and its word for no limit does not") {
  FakeMachine machine;
  machine.write("proc/self/cgroup", "4:memory:/box\n2:cpu,cpuacct:/box\n0::/\n");
  machine.write("cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  machine.write("cgroup/memory/memory.usage_in_bytes", "1\n");
  CHECK(memory_info(machine.roots()).total_bytes == 16 * gib);
  machine.write("cgroup/memory/box/memory.limit_in_bytes", std::to_string(8 * gib) + "\n");
  machine.write("cgroup/memory/box/memory.usage_in_bytes", std::to_string(gib) + "\n");
  CHECK(memory_info(machine.roots()).total_bytes == 8 * gib);
  CHECK(memory_info(machine.roots()).available_bytes == 7 * gib);
  machine.write("cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "100000\n");
  machine.write("cgroup/cpu,cpuacct/box/cpu.cfs_period_us", "100000\n");
  CHECK(cpu_info(machine.roots()).allowed_cores == 1);
  machine.write("cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "-1\n");
  CHECK(cpu_info(machine.roots()).allowed_cores == cpu_info(SystemRoots{"/none", "/none"}).allowed_cores);
}

TEST_CASE("quotas of processor time are rounded up to whole cores, and nonsense is none") {
  const int all = cpu_info(SystemRoots{"/none", "/none"}).allowed_cores;
  const auto cores = [&](const std::string& quota) {
    FakeMachine machine;
    machine.write("proc/self/cgroup", "0::/job\n");
    machine.write("cgroup/job/cpu.max", quota);
    return cpu_info(machine.roots()).allowed_cores;
  };
  CHECK(cores("1000 100000\n") == 1);
  CHECK(cores("100000 100000\n") == 1);
  CHECK(cores("150000 100000\n") == std::min(all, 2));
  CHECK(cores("200000 100000") == std::min(all, 2));
  CHECK(cores("max 100000\n") == all);
  for (const char* nonsense :
       {"", "max\n", "100000\n", "-1 100000\n", "1 0\n", "0 100000\n", "many 100000\n"})
    CHECK_MESSAGE(cores(nonsense) == all, nonsense);
}

TEST_CASE("cores outside the affinity mask do not count") {
  cpu_set_t before, one;
  REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
  const int cores = cpu_info().allowed_cores;
  REQUIRE(::sched_setaffinity(0, sizeof before, &before) == 0);
  CHECK(cores == 1);
}

TEST_CASE("OMP_NUM_THREADS says how many threads are wanted") {
  const auto wanted = [](const std::string& threads, const std::string& limit = "") {
    return wanted_threads({{"OMP_NUM_THREADS", threads}, {"OMP_THREAD_LIMIT", limit}});
  };
  CHECK(wanted_threads({}) == std::nullopt);
  CHECK(wanted("1") == 1);
  CHECK(wanted(" 6 ") == 6);
  CHECK(wanted("4,2,1") == 4);
  CHECK(wanted("8", "3") == 3);
  CHECK(wanted("100000") == 4096);
  for (const char* nonsense : {"0", "-2", "many", ",2", "2x", ""}) CHECK(wanted(nonsense) == std::nullopt);
  CHECK(wanted_threads({{"OMP_THREAD_LIMIT", "3"}}) == std::nullopt);
}

TEST_CASE("this machine answers") {
  const MemoryInfo memory = memory_info();
  CHECK(memory.total_bytes > memory.available_bytes);
  CHECK(memory.available_bytes > 0);
  const CpuInfo cpu = cpu_info();
  CHECK(cpu.allowed_cores >= 1);
  CHECK(cpu.allowed_cores <= cpu.online_cores);
  CHECK_FALSE(kernel_release().empty());
}

TEST_CASE("free space is reported for paths that do not exist yet") {
  const TempDir folder;
  const std::uint64_t free = free_disk_bytes(folder.path());
  CHECK(free > 0);
  CHECK(free_disk_bytes(folder / "not/yet/there.mp4") > 0);
  write_file(folder / "file", "x");
  CHECK(free_disk_bytes(folder / "file/below") > 0);
  CHECK(free_disk_bytes("relative.mp4") > 0);
}

TEST_CASE("memory and time used by this process grow with use") {
  const std::uint64_t before = current_rss_bytes();
  const double cpu_before_s = process_cpu_seconds();
  std::vector<unsigned char> block(64 << 20);
  unsigned sum = 0;
  for (std::size_t i = 0; i < block.size(); i += 512) {
    block[i] = static_cast<unsigned char>(i >> 12);
    sum += block[i];
  }
  CHECK(sum > 0);
  CHECK(current_rss_bytes() >= before + (60 << 20));
  CHECK(peak_rss_bytes() >= before + (60 << 20));
  CHECK(process_cpu_seconds() > cpu_before_s);
}
