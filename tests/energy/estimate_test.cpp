#include "energy/estimate.h"

#include <cmath>
#include <random>

#include "testing.h"

using namespace turbodiff::energy;

namespace {

/// A machine with known coefficients and noise of 4 %.
class Machine {
 public:
  Observation run(const Workload& work, bool cold) {
    const auto n = static_cast<double>(work.tokens), steps = static_cast<double>(work.steps);
    const auto pixels = static_cast<double>(work.pixels);
    Observation seen{work, {}};
    seen.seconds.load = cold ? 0.4 * noise() : 0;
    seen.seconds.text = 0.05 * noise();
    seen.seconds.denoise = steps * (0.01 + 2e-4 * n + 6e-8 * n * n) * noise();
    seen.seconds.decode = (0.02 + 9e-7 * pixels) * noise();
    seen.seconds.encode = (0.01 + 3e-8 * pixels) * noise();
    seen.seconds.other = (cold ? 0.5 : 0.03) * noise();
    return seen;
  }

 private:
  double noise() { return 1 + 0.04 * std::normal_distribution<double>()(random_); }
  std::mt19937 random_{11};
};

double total(const Observation& o) {
  return o.seconds.text + o.seconds.denoise + o.seconds.decode + o.seconds.encode + o.seconds.other;
}

Workload work_of(int width, int height, int frames, int steps) {
  return {std::int64_t{(frames - 1) / 4 + 1} * (height / 16) * (width / 16), steps,
          std::int64_t{frames} * height * width};
}

}  // namespace

TEST_CASE("five runs at two sizes tell what other sizes, frames and steps take") {
  Machine machine;
  std::vector<Observation> seen;
  for (int i = 0; i < 5; ++i)
    seen.push_back(machine.run(i % 2 == 0 ? work_of(96, 96, 17, 4) : work_of(160, 160, 17, 4), i == 0));
  const TimeModel model({.network = demo_network}, seen);
  std::vector<double> errors;
  int covered = 0, count = 0;
  for (const int size : {64, 128, 192, 256})
    for (const int frames : {5, 17, 33})
      for (const int steps : {1, 4}) {
        const Observation truth = machine.run(work_of(size, size, frames, steps), false);
        const TimeEstimate estimate = model.estimate(truth.work);
        errors.push_back(std::abs(estimate.seconds / total(truth) - 1));
        covered += estimate.low <= total(truth) && total(truth) <= estimate.high;
        ++count;
      }
  std::sort(errors.begin(), errors.end());
  CHECK(errors[errors.size() / 2] < 0.15);
  CHECK(covered >= 0.9 * count);
  CHECK(model.estimate(work_of(96, 96, 17, 4)).observations == 5);
  CHECK(model.estimate(work_of(96, 96, 17, 4)).load_seconds > 0.5);
}

TEST_CASE("without any run there is a guess, with a band that says so") {
  const TimeEstimate guess = TimeModel({}).estimate(work_of(832, 480, 81, 4));
  CHECK(guess.seconds > 0);
  CHECK(guess.observations == 0);
  CHECK(guess.high / guess.low > 10);
  const TimeEstimate larger = TimeModel({}).estimate(work_of(1280, 720, 81, 4));
  CHECK(larger.seconds > 2 * guess.seconds);
}

TEST_CASE("the first guess of an unknown model goes by the size of its files and the speed of the machine") {
  // The built-in model's files under another name, on a core of 90 GFLOP/s: it takes 0.2 to 0.4 s.
  SpeedGuess small;
  small.network = network_of(3.1e6);
  small.decoder = decoder_work_of(3.7e6);
  small.flops_per_s = 0.6 * 9e10;
  const double seconds = TimeModel(small).estimate(work_of(96, 96, 17, 4)).seconds;
  CHECK(seconds > 0.15);
  CHECK(seconds < 0.6);
  CHECK(TimeModel({}).estimate(work_of(96, 96, 17, 4)).seconds > 10 * seconds);

  // Counted layer by layer from the tensors of the built-in model's VAE, which has a twelfth of the channels.
  CHECK(small.decoder.flops == doctest::Approx(60.5e3).epsilon(0.1));
  CHECK(small.decoder.bytes == doctest::Approx(3410).epsilon(0.1));
  // Memory takes its time however fast the products are.
  SpeedGuess faster = small;
  faster.bytes_per_s = 6e9;
  faster.flops_per_s = 1e15;
  CHECK(TimeModel(faster).estimate(work_of(96, 96, 17, 4)).seconds > 0.09);

  // Wan2.1-1.3B in bf16 and in fp32 is near what is assumed where nothing is known.
  const double known = TimeModel({}).estimate(work_of(832, 480, 81, 4)).seconds;
  for (const double bytes : {2.84e9, 5.68e9}) {
    SpeedGuess guess;
    guess.network = network_of(bytes);
    guess.decoder = decoder_work_of(508e6);
    const double by_size = TimeModel(guess).estimate(work_of(832, 480, 81, 4)).seconds;
    CHECK(by_size > 0.5 * known);
    CHECK(by_size < 2 * known);
  }
}
