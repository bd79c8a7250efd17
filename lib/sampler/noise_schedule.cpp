#include "sampler/noise_schedule.h"

#include <c10/util/BFloat16.h>
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "core/error.h"

namespace turbodiff::sampler {

std::vector<double> rcm_times(int steps, double sigma_max) {
  constexpr std::array<double, max_rcm_steps - 1> later_angles{1.5, 1.4, 1.0};
  if (steps < 1 || steps > max_rcm_steps)
    throw Error::bad_request(
        fmt::format("the rcm sampler takes 1 to {} steps, not {}", max_rcm_steps, steps));
  if (!(sigma_max > 0) || !std::isfinite(sigma_max))
    throw Error::bad_request(fmt::format("sigma_max must be above 0, not {}", sigma_max));
  std::vector<double> times;
  for (int i = 0; i < steps; ++i) {
    const double angle = i == 0 ? std::atan(sigma_max) : later_angles[static_cast<std::size_t>(i - 1)];
    times.push_back(std::sin(angle) / (std::cos(angle) + std::sin(angle)));
  }
  times.push_back(0.0);
  return times;
}

float network_time(double t) {
  return static_cast<float>(c10::BFloat16(static_cast<float>(t) * 1000.0f));
}

std::vector<bool> low_noise_steps(const std::vector<double>& times, double boundary) {
  std::vector<bool> low;
  bool switched = false;
  for (std::size_t i = 0; i + 1 < times.size(); ++i) {
    switched = switched || times[i] < boundary;
    low.push_back(switched);
  }
  return low;
}

}  // namespace turbodiff::sampler
