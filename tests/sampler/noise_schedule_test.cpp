#include "sampler/noise_schedule.h"

#include <cmath>
#include <limits>

#include "sampler/noise_source.h"
#include "sampler/rcm_sampler.h"
#include "testing.h"
#include "weights/safetensors_writer.h"

using namespace turbodiff;
using namespace turbodiff::sampler;

TEST_CASE("the times fall from just below one to zero") {
  for (int steps = 1; steps <= max_rcm_steps; ++steps) {
    const auto times = rcm_times(steps, 80);
    REQUIRE(times.size() == static_cast<std::size_t>(steps) + 1);
    CHECK(times.front() == doctest::Approx(80.0 / 81.0).epsilon(1e-12));
    CHECK(times.back() == 0.0);
    for (std::size_t i = 0; i + 1 < times.size(); ++i) CHECK(times[i] > times[i + 1]);
  }
  CHECK(rcm_times(1, 200).front() == doctest::Approx(200.0 / 201.0).epsilon(1e-12));
}

TEST_CASE("steps and sigma out of range are refused") {
  for (const int steps : {0, -1, 5})
    CHECK(testing::error_of([&] { rcm_times(steps, 80); }).code() == ErrorCode::bad_request);
  for (const double sigma : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), double{INFINITY}})
    CHECK(testing::error_of([&] { rcm_times(4, sigma); }).code() == ErrorCode::bad_request);
}

TEST_CASE("the network's time is rounded to bf16") {
  CHECK(network_time(0.9876543209876543) == 988.0f);
  CHECK(network_time(0.933781061416858) == 932.0f);
  CHECK(network_time(0.608979049230431) == 608.0f);
  CHECK(network_time(0.0) == 0.0f);
}

TEST_CASE("the low-noise expert takes over strictly below the boundary, for good") {
  CHECK(low_noise_steps({0.99, 0.9, 0.8, 0.0}, 0.9) == std::vector<bool>{false, false, true});
  CHECK(low_noise_steps({0.5, 0.95, 0.0}, 0.9) == std::vector<bool>{true, true});
}

TEST_CASE("a denoiser that knows the answer reaches it in every mode and number of steps") {
  // v = (x - target) / t points straight from the noise to the target.
  auto generator = at::detail::createCPUGenerator(1);
  const at::Tensor target = at::randn({2, 3}, generator), noise = at::randn({2, 3}, generator);
  for (const bool ode : {false, true})
    for (int steps = 1; steps <= 4; ++steps) {
      RcmInputs inputs;
      inputs.noise = noise;
      inputs.times = rcm_times(steps, 80);
      inputs.ode = ode;
      inputs.denoiser = [&](const at::Tensor& x, double t, std::size_t) {
        return ode ? (x - (1 - t) * target) / t - target : (x - target) / t;
      };
      int drawn = 0;
      inputs.step_noise = [&](std::size_t step) {
        CHECK(step == static_cast<std::size_t>(drawn++));
        return at::zeros({2, 3});
      };
      const at::Tensor result = sample_rcm(inputs);
      CHECK((result.scalar_type() == at::kDouble));
      CHECK(drawn == (ode ? 0 : steps));
      if (!ode || steps == 1) CHECK((result - target).abs().max().item<double>() < (ode ? 1 : 1e-9));
    }
}

TEST_CASE("the same seed draws the same noise, another seed another") {
  auto a = NoiseSource::seeded(7), b = NoiseSource::seeded(7), c = NoiseSource::seeded(8);
  const NoiseSource::Shape shape{1, 16, 2, 4, 6};
  const at::Tensor first = a.initial(shape);
  CHECK(first.equal(b.initial(shape)));
  CHECK_FALSE(first.equal(c.initial(shape)));
  CHECK(a.step(shape, 0).equal(b.step(shape, 0)));
  CHECK_FALSE(a.step(shape, 1).equal(first));
}

TEST_CASE("noise from a file replaces the stream, and must have the right shape") {
  const testing::TempDir folder;
  const at::Tensor noise = at::arange(8, at::kFloat), steps = at::arange(16, at::kFloat);
  const auto bytes = [](const at::Tensor& t) {
    return std::span(static_cast<const std::uint8_t*>(t.const_data_ptr()), t.nbytes());
  };
  weights::write_safetensors(folder / "noise.safetensors",
                             {{{"noise", Dtype::f32, {1, 2, 1, 2, 2}}, bytes(noise)},
                              {{"step_noise", Dtype::f32, {2, 1, 2, 1, 2, 2}}, bytes(steps)}});
  const NoiseSource::Shape shape{1, 2, 1, 2, 2};
  auto source = NoiseSource::from_file(folder / "noise.safetensors", shape, 3);
  CHECK(source.initial(shape).flatten().equal(noise));
  CHECK(source.step(shape, 1).flatten().equal(steps.slice(0, 8)));
  auto stream = NoiseSource::seeded(3);
  CHECK(source.step(shape, 2).equal(stream.initial(shape)));  // beyond the file: drawn from the seed
  const Error error = testing::error_of([&] {
    NoiseSource::from_file(folder / "noise.safetensors", {1, 2, 1, 2, 4}, 3);
  });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(error.message().find("'noise'") != std::string::npos);
  CHECK(error.message().find("[1, 2, 1, 2, 4]") != std::string::npos);
}
