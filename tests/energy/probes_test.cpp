#include <sys/stat.h>
#include <unistd.h>

#include "meter/nvml.h"
#include "meter/plug.h"
#include "meter/rapl.h"
#include "meter/utilisation.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::meter;
using testing::TempDir;
using testing::write_file;
namespace fs = std::filesystem;

namespace {

void make_zone(const fs::path& folder, const std::string& name, std::uint64_t energy) {
  fs::create_directories(folder);
  write_file(folder / "name", name + "\n");
  write_file(folder / "energy_uj", std::to_string(energy) + "\n");
  write_file(folder / "max_energy_range_uj", "262143328850\n");
}

std::vector<std::string> zones_in(const fs::path& root) {
  std::vector<std::string> names;
  const Rapl rapl(root);
  for (const Rapl::Zone& zone : rapl.zones()) names.push_back(zone.name);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("zones of powercap are counted once: packages and memory, not what lies within") {
  const TempDir root;
  make_zone(root / "intel-rapl:0", "package-0", 1);
  make_zone(root / "intel-rapl:0:0", "core", 2);
  make_zone(root / "intel-rapl:0:1", "uncore", 2);
  make_zone(root / "intel-rapl:0:2", "dram", 3);
  make_zone(root / "intel-rapl:1", "psys", 4);
  make_zone(root / "intel-rapl:2", "package-1", 5);
  make_zone(root / "intel-rapl-mmio:0", "package-0", 6);
  CHECK(zones_in(root.path()) == Names{"package-0", "dram", "package-1"});
  // Folders within folders, as in /sys/devices; the same zone twice is one.
  make_zone(root / "intel-rapl:0" / "intel-rapl:0:2", "dram", 3);
  make_zone(root / "intel-rapl:0" / "intel-rapl:0:0", "core", 3);
  CHECK(zones_in(root.path()) == Names{"package-0", "dram", "package-1"});
  const Rapl rapl(root.path());
  CHECK(rapl.read(0) == 1);
  CHECK(rapl.zones()[0].range_uj == 262'143'328'850);
  // Replaced, torn and gone files.
  write_file(root / "new", "77\n");
  fs::rename(root / "new", root / "intel-rapl:0" / "energy_uj");
  CHECK(rapl.read(0) == 77);
  write_file(root / "intel-rapl:0" / "energy_uj", "");
  CHECK_FALSE(rapl.read(0));
  fs::remove(root / "intel-rapl:0" / "energy_uj");
  CHECK_FALSE(rapl.read(0));
}

TEST_CASE("psys stands in where it is all there is; memory alone does not") {
  const TempDir root;
  make_zone(root / "intel-rapl:0", "psys", 4);
  CHECK(zones_in(root.path()) == Names{"psys"});
  const TempDir other;
  make_zone(other / "intel-rapl:0:2", "dram", 4);
  CHECK(zones_in(other.path()) == Names{});
}

TEST_CASE("why the processor is not metered is reported, with what to do") {
  const TempDir root;
  CHECK(Rapl(root / "none").problem().find("no RAPL") != std::string::npos);
  CHECK(Rapl(root.path()).problem().find("no zone") != std::string::npos);
  make_zone(root / "intel-rapl:0", "package-0", 1);
  if (::geteuid() == 0) return;  // root may read everything
  ::chmod((root / "intel-rapl:0" / "energy_uj").c_str(), 0000);
  const Rapl rapl(root.path());
  CHECK(rapl.zones().empty());
  CHECK(rapl.problem().find("chmod a+r") != std::string::npos);
}

TEST_CASE("without a driver there are no GPUs, and the reason is reported") {
  const Nvml none("libnvidia-ml-that-is-not-there.so.1");
  CHECK(none.count() == 0);
  CHECK(none.problem().find("not installed") != std::string::npos);
  const Nvml other("libdl.so.2");
  CHECK(other.count() == 0);
  CHECK_FALSE(other.problem().empty());
}

TEST_CASE("a GPU is read through the library's own interface") {
  Nvml nvml(FAKE_NVML);
  REQUIRE(nvml.count() == 1);
  CHECK(nvml.name(0) == "Fake GPU");
  CHECK(nvml.uuid(0).starts_with("GPU-"));
  const GpuReading reading = nvml.read(0);
  CHECK(reading.counter_mj == 0);
  CHECK(reading.milliwatts == 30'000);
  CHECK(reading.used_bytes == 1 << 20);
  CHECK_FALSE(reading.lost);
  REQUIRE(nvml.power_limit(0));
  CHECK(nvml.power_limit(0)->default_mw == 300'000);
  CHECK(nvml.set_power_limit(0, 200'000).empty());
  CHECK_FALSE(nvml.set_power_limit(0, 1).empty());
}

TEST_CASE("the answers of smart plugs are understood, and nothing else is") {
  const auto shelly = parse_plug(
      PlugType::shelly,
      R"({"meters":[{"power":123.45,"is_valid":true,"total":2000,"counters":[1,2,3]}],"relays":[]})");
  REQUIRE(shelly);
  CHECK(shelly->milliwatts == 123'450);
  CHECK(shelly->counter_uj == 120'000'000'000);  // watt-minutes
  CHECK(parse_plug(PlugType::shelly, R"({"power":60,"is_valid":true,"total":1})")->milliwatts == 60'000);
  CHECK_FALSE(parse_plug(PlugType::shelly, R"({"meters":[{"power":1,"is_valid":false,"total":2}]})"));
  const auto second = parse_plug(
      PlugType::shelly2,
      R"({"id":0,"output":true,"apower":88.5,"voltage":230.1,"aenergy":{"total":1.5,"by_minute":[0,0,0]}})");
  REQUIRE(second);
  CHECK(second->milliwatts == 88'500);
  CHECK(second->counter_uj == 5'400'000'000);
  const auto tasmota = parse_plug(
      PlugType::tasmota,
      R"({"StatusSNS":{"Time":"2026-01-01T00:00:00","ENERGY":{"Total":1.25,"Power":42,"Voltage":230}}})");
  REQUIRE(tasmota);
  CHECK(tasmota->milliwatts == 42'000);
  CHECK(tasmota->counter_uj == 4'500'000'000'000);
  for (const char* wrong :
       {"", "[]", "{}", "null", "<html>", R"({"apower":-3})", R"({"apower":"x"})", R"({"apower":1e9})"})
    for (const PlugType type : {PlugType::shelly, PlugType::shelly2, PlugType::tasmota})
      CHECK_FALSE(parse_plug(type, wrong));
}

TEST_CASE("a plug's address gets its type's path, unless it has one") {
  std::string asked;
  const auto fetch = [&](const std::string& url) -> std::optional<std::string> {
    asked = url;
    return R"({"apower":5})";
  };
  CHECK(Plug(PlugType::shelly2, "http://plug/", fetch).read()->milliwatts == 5'000);
  CHECK(asked == "http://plug/rpc/Switch.GetStatus?id=0");
  CHECK(Plug(PlugType::tasmota, "http://plug", fetch).url() == "http://plug/cm?cmnd=Status%208");
  CHECK(Plug(PlugType::shelly, "http://plug/meter/0", fetch).url() == "http://plug/meter/0");
}

TEST_CASE("processor time and memory are read from proc") {
  const TempDir proc;
  write_file(proc / "stat", "cpu  100 10 50 800 40 0 0 0 7 0\ncpu0 1 2 3\n");
  const auto times = read_cpu_times(proc.path());
  REQUIRE(times);
  CHECK(times->busy == 160);
  CHECK(times->all == 1000);
  CHECK_FALSE(read_cpu_times(proc / "none"));
  fs::create_directories(proc / "7/task/7");
  fs::create_directories(proc / "8/task/8");
  write_file(proc / "7/statm", "100 10 1 1 0 1 0\n");
  write_file(proc / "7/task/7/children", "8 9 ");
  write_file(proc / "8/statm", "100 5 1 1 0 1 0\n");
  CHECK(resident_bytes_of_tree(7, proc.path()) == 15 * ::sysconf(_SC_PAGESIZE));
  CHECK(resident_bytes_of_tree(6, proc.path()) == 0);
  CHECK(resident_bytes_of_tree(::getpid()) > 1 << 20);
}
