#include "meter/counter.h"

#include "meter/machine_meter.h"
#include "meter/wall_model.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::energy;
using namespace turbodiff::meter;

namespace {

constexpr std::uint64_t rapl_range = 262'143'328'850;

CounterAccumulator gpu_counter() {
  return CounterAccumulator({1000, {std::uint64_t{1} << 32, 0}, 1500, 50});
}
CounterAccumulator rapl_counter() {
  return CounterAccumulator({1, {rapl_range}, 1000, 40});
}

}  // namespace

TEST_CASE("a counter's differences add up, whatever the power readings say") {
  auto counter = gpu_counter();
  std::int64_t sum = 0;
  for (int i = 0; i <= 100; ++i) sum += counter.feed(i * 0.1, 5000 + i * 30, 290'000);
  CHECK(sum == 100 * 30'000);  // 300 W for 10 s
  CHECK(counter.facts().by_counter_uj == sum);
  CHECK(counter.facts().guessed_uj == 0);
  CHECK_FALSE(counter.facts().missing);
}

TEST_CASE("between two updates of a counter power fills in, and is set right by the next") {
  auto counter = gpu_counter();
  counter.feed(0, 1000, 200'000);
  CHECK(counter.feed(0.05, 1000, 200'000) == 10'000'000);
  CHECK(counter.feed(0.10, 22'000, 200'000) == 11'000'000);
  // Filled in too high: the counter is behind, later energy makes up for it.
  CHECK(counter.feed(0.15, 22'000, 400'000) == 15'000'000);
  CHECK(counter.feed(0.20, 27'000, 20'000) == 0);
  CHECK(counter.feed(0.30, 42'000, 20'000) == 5'000'000);
}

TEST_CASE("RAPL wraps at its range, the GPU's counter at 32 or 64 bits") {
  auto rapl = rapl_counter();
  rapl.feed(0, rapl_range - 1'000'000, std::nullopt);
  CHECK(rapl.feed(0.1, 2'000'000, std::nullopt) == 3'000'000);
  CHECK(rapl.facts().wrapped);
  CHECK_FALSE(rapl.facts().reset);
  auto gpu = gpu_counter();
  gpu.feed(0, (std::uint64_t{1} << 32) - 10'000, 300'000);
  CHECK(gpu.feed(0.1, 20'000, 300'000) == 30'000'000);
  CHECK(gpu.facts().wrapped);
  auto wide = gpu_counter();
  wide.feed(0, ~std::uint64_t{0} - 9'999, 300'000);
  CHECK(wide.feed(0.1, 20'000, 300'000) == 30'000'000);
}

TEST_CASE("after a reset power readings say what passed, or the power before") {
  auto gpu = gpu_counter();
  gpu.feed(0, 8'000'000, 250'000);
  CHECK(gpu.feed(0.1, 5, 250'000) == 25'000'000);
  CHECK(gpu.facts().reset);
  CHECK_FALSE(gpu.facts().wrapped);
  CHECK(gpu.feed(0.2, 25'005, 250'000) == 25'000'000);
  auto rapl = rapl_counter();
  for (int i = 0; i <= 20; ++i) rapl.feed(i * 0.1, 1'000'000'000 + i * 6'000'000, std::nullopt);
  const std::int64_t filled = rapl.feed(2.1, 100, std::nullopt);
  CHECK(filled == doctest::Approx(6'000'000).epsilon(0.2));
  CHECK(rapl.facts().reset);
}

TEST_CASE("a counter that jumps is not believed") {
  auto gpu = gpu_counter();
  gpu.feed(0, 1000, 100'000);
  CHECK(gpu.feed(0.1, 9'000'000'000, 100'000) == 10'000'000);
  CHECK(gpu.facts().reset);
}

TEST_CASE("a counter that never was there, or stands still, is replaced by power, and that is reported") {
  auto absent = gpu_counter();
  std::int64_t sum = 0;
  for (int i = 0; i <= 100; ++i) sum += absent.feed(i * 0.1, std::nullopt, 100'000 + i * 1000);
  CHECK(sum == doctest::Approx(1500e6).epsilon(1e-6));  // a ramp from 100 to 200 W
  CHECK(absent.facts().missing);
  CHECK(absent.facts().by_power_uj == doctest::Approx(1500e6).epsilon(1e-6));
  auto frozen = gpu_counter();
  sum = 0;
  for (int i = 0; i <= 100; ++i) sum += frozen.feed(i * 0.1, 777, 100'000);
  CHECK(sum == doctest::Approx(1000e6).epsilon(1e-6));
  CHECK(frozen.facts().missing);
  // It moves again: what it missed is not taken back.
  CHECK(frozen.feed(10.1, 778, 100'000) == 10'000'000);
}

TEST_CASE(
    "a GPU that is lost for a while is made up for; one that is lost for good never counts as nothing") {
  auto gpu = gpu_counter();
  std::int64_t sum = 0;
  for (int i = 0; i <= 50; ++i) sum += gpu.feed(i * 0.1, i * 20'000, 200'000);
  for (int i = 51; i < 60; ++i) sum += gpu.feed(i * 0.1, std::nullopt, std::nullopt);
  sum += gpu.feed(6, 1'500'000, 200'000);
  CHECK(sum == 1'500'000'000);
  CHECK(gpu.facts().lost);
  CHECK(gpu.facts().guessed_uj == 0);
  gpu.forget();
  CHECK_FALSE(gpu.facts().lost);
  CHECK(gpu.feed(7, std::nullopt, std::nullopt) == 200'000'000);
  CHECK(gpu.facts().lost);
  CHECK(gpu.facts().guessed_uj == 200'000'000);
  // What was guessed in one stretch is not told of again in the next.
  gpu.forget();
  CHECK(gpu.feed(8, std::nullopt, std::nullopt) == 200'000'000);
  CHECK(gpu.facts().guessed_uj == 200'000'000);
}

TEST_CASE("time that goes back, or stands still, costs nothing") {
  auto gpu = gpu_counter();
  gpu.feed(5, std::nullopt, 100'000);
  CHECK(gpu.feed(5, std::nullopt, 100'000) == 0);
  CHECK(gpu.feed(4, std::nullopt, 100'000) == 0);
}

TEST_CASE("a counter and power that disagree by more than 3 % are flagged, by less they are not") {
  for (const int counted : {294, 306}) {
    MachineMeter meter({.gpus = 1, .cpu_ranges = {rapl_range}});
    for (int i = 0; i <= 600; ++i) {
      Reading reading;
      reading.gpus.push_back({static_cast<std::uint64_t>(i * counted * 100), 300'000, 500, 1000, false});
      reading.cpu_uj.push_back(static_cast<std::uint64_t>(i) * 1'000'000);
      meter.feed(i * 0.1, reading);
    }
    CHECK(meter.facts().flags == "");
    CHECK(meter.facts().measured);
    CHECK(meter.facts().method == "nvml-counter+rapl+fixed");
    CHECK(meter.facts().gpu_permille == 500);
  }
  MachineMeter meter({.gpus = 1, .cpu_ranges = {rapl_range}});
  for (int i = 0; i <= 600; ++i) {
    Reading reading;
    reading.gpus.push_back({static_cast<std::uint64_t>(i * 32'000), 300'000, {}, {}, false});
    reading.cpu_uj.push_back(0);
    meter.feed(i * 0.1, reading);
  }
  CHECK(meter.facts().flags == "disagreement");
}

TEST_CASE("without a meter for the processor or a GPU that is there nothing is called measured") {
  const auto facts_with = [](MachineSettings settings) {
    const bool plug = settings.plug;
    MachineMeter meter(std::move(settings));
    for (int i = 0; i <= 20; ++i) {
      Reading reading;
      reading.gpus.push_back({static_cast<std::uint64_t>(i * 10'000), 100'000, {}, {}, false});
      reading.cpu_uj.push_back(static_cast<std::uint64_t>(i) * 2'000'000);
      reading.cpu_times = CpuTimes{i * 5, i * 10};
      if (plug) reading.plug = PlugReading{250'000, {}};
      meter.feed(i * 0.1, reading);
    }
    return meter.facts();
  };
  CHECK(facts_with({.gpus = 1, .cpu_ranges = {rapl_range}}).measured);
  CHECK(facts_with({.cpu_ranges = {rapl_range}}).measured);
  CHECK_FALSE(facts_with({.unmetered_gpu = true, .cpu_ranges = {rapl_range}}).measured);
  CHECK_FALSE(facts_with({.gpus = 1}).measured);
  CHECK(facts_with({.gpus = 1}).method == "nvml-counter+cpu-model+fixed");
  CHECK(facts_with({.unmetered_gpu = true, .plug = true}).measured);
  CHECK(facts_with({.unmetered_gpu = true, .plug = true}).method == "plug");
}

TEST_CASE("a plug has the last word on the whole, and its loss is flagged") {
  MachineMeter meter(
      {.wall = {.psu_efficiency = 0.8, .rest_watts = 30, .cooling = 1.5}, .gpus = 1, .plug = true});
  const auto feed = [&](int i, std::optional<PlugReading> plug) {
    Reading reading;
    reading.gpus.push_back({static_cast<std::uint64_t>(i * 10'000), 100'000, {}, {}, false});
    reading.plug = plug;
    meter.feed(i * 0.1, reading);
  };
  for (int i = 0; i <= 100; ++i) feed(i, PlugReading{250'000, {}});
  CHECK(meter.total().wall == doctest::Approx(250 * 10 * 1.5 * 1e6));
  CHECK(meter.total().gpu == 1'000'000'000);
  CHECK(meter.total().rest == doctest::Approx((250 * 0.8 - 100) * 10 * 1e6));
  for (int i = 101; i <= 200; ++i) feed(i, std::nullopt);
  CHECK(meter.total().wall == doctest::Approx((250 + (100 + 30) / 0.8) * 10 * 1.5 * 1e6));
  CHECK(meter.facts().flags == "plug-lost");
  CHECK_FALSE(meter.facts().measured);
}

TEST_CASE("two points make the power supply and the rest; points that cannot be are refused") {
  const WallModel model = calibrate({30, 70}, {330, 420});
  CHECK(model.psu_efficiency == doctest::Approx(300.0 / 350));
  CHECK((30 + model.rest_watts) / model.psu_efficiency == doctest::Approx(70));
  CHECK((330 + model.rest_watts) / model.psu_efficiency == doctest::Approx(420));
  CHECK(testing::error_of([] { calibrate({30, 70}, {33, 72}); }).code() == ErrorCode::bad_request);
  CHECK(testing::error_of([] { calibrate({30, 70}, {330, 300}); }).code() == ErrorCode::bad_request);
  WallEnergy wall(model);
  std::int64_t sum = 0;
  for (int i = 0; i < 1000; ++i) sum += wall.of(i);
  CHECK(sum == doctest::Approx(499'500 / model.psu_efficiency).epsilon(1e-5));
}
