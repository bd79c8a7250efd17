#include "meter/meter.h"

#include <atomic>
#include <thread>

#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::meter;

namespace {

MeterOptions options_without_probes(const std::filesystem::path& folder) {
  MeterOptions options;
  options.gpu = false;
  options.powercap = folder / "none";
  return options;
}

}  // namespace

TEST_CASE("a plug alone meters the whole machine, jobs and idle time follow each other without a gap") {
  const testing::TempDir folder;
  MeterOptions options = options_without_probes(folder.path());
  options.wall = {.psu_efficiency = 0.8, .rest_watts = 30, .cooling = 1.5};
  std::atomic<int> asked = 0;
  options.plug_type = PlugType::shelly2;
  options.plug_url = "http://plug";
  options.fetch = [&](const std::string&) -> std::optional<std::string> {
    ++asked;
    return R"({"apower":200})";
  };
  options.interval_s = 0.02;
  const core::SystemClock clock;
  Meter meter(options, clock);
  REQUIRE(meter.is_live());
  const Span before = meter.begin_job(0);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const Span half = meter.job_so_far();
  const Span job = meter.end_job();
  const Span after = meter.end_idle();
  CHECK(before.end == job.start);
  CHECK(job.end == after.start);
  CHECK(half.start == job.start);
  CHECK(half.energy.wall <= job.energy.wall);
  const double seconds = static_cast<double>(job.end - job.start) / 1e6;
  CHECK(static_cast<double>(job.energy.wall) == doctest::Approx(200 * 1.5 * seconds * 1e6).epsilon(0.001));
  CHECK(static_cast<double>(job.energy.rest) == doctest::Approx(200 * 0.8 * seconds * 1e6).epsilon(0.001));
  CHECK(job.facts.measured);
  CHECK(job.facts.method == "plug");
  CHECK(job.facts.flags.empty());
  CHECK(before.energy + job.energy + after.energy == meter.total());
  CHECK(asked >= 2);
}

TEST_CASE("a plug that does not answer is flagged, and the model stands in") {
  const testing::TempDir folder;
  MeterOptions options = options_without_probes(folder.path());
  options.plug_type = PlugType::tasmota;
  options.plug_url = "http://plug";
  options.fetch = [](const std::string&) { return std::nullopt; };
  options.interval_s = 0;
  core::ManualClock clock;
  options.awake_s = [&] { return clock.monotonic_s(); };
  Meter meter(options, clock);
  meter.begin_job(0);
  clock.advance(10);
  const Span job = meter.end_job();
  CHECK(job.facts.flags == "plug-lost");
  CHECK_FALSE(job.facts.measured);
  CHECK(job.energy.wall == doctest::Approx(10 * 30 / 0.9 * 1e6));
}

TEST_CASE("time spent suspended costs what the counters say, not what the power before would make") {
  const testing::TempDir folder;
  const auto file = folder / "intel-rapl:0" / "energy_uj";
  std::filesystem::create_directories(file.parent_path());
  testing::write_file(file.parent_path() / "name", "package-0\n");
  testing::write_file(file.parent_path() / "max_energy_range_uj", "262143328850\n");
  testing::write_file(file, "1000\n");
  MeterOptions options;
  options.gpu = false;
  options.powercap = folder.path();
  options.interval_s = 0;
  core::ManualClock clock;
  double asleep_s = 0;
  options.awake_s = [&] { return clock.monotonic_s() - asleep_s; };
  Meter meter(options, clock);
  meter.begin_job(0);
  clock.advance(1);
  testing::write_file(file, "20001000\n");
  meter.tick();
  clock.advance(8 * 3600);
  asleep_s = 8 * 3600;
  clock.advance(1);
  testing::write_file(file, "40001000\n");
  const Span job = meter.end_job();
  CHECK(job.energy.cpu == 40'000'000);
  CHECK(job.energy.rest == 60'000'000);
  CHECK(job.end - job.start == (8 * 3600 + 2) * std::int64_t{1'000'000});
}

TEST_CASE("with nothing to read the meter is not live, and says why") {
  const testing::TempDir folder;
  const core::ManualClock clock;
  Meter meter(options_without_probes(folder.path()), clock);
  CHECK_FALSE(meter.is_live());
  REQUIRE(meter.sources().size() == 3);
  for (const SourceStatus& source : meter.sources()) {
    CHECK_FALSE(source.live);
    CHECK_FALSE(source.what.empty());
  }
  CHECK(meter.begin_job(0).samples.empty());
}
