// The times at which a few-step consistency model is evaluated.
//   angles = [atan(sigma_max), 1.5, 1.4, 1.0][:steps] + [0];  t = sin(a) / (sin(a) + cos(a))
// turns TrigFlow angles into rectified-flow times (Zheng et al., "Large Scale Diffusion Distillation via
// Score-Regularized Continuous-Time Consistency" (rCM), 2025).
// Reference: turbodiffusion/inference/wan2.1_t2v_infer.py in thu-ml/TurboDiffusion.
#pragma once

#include <cstdint>
#include <vector>

namespace turbodiff::sampler {

inline constexpr int max_rcm_steps = 4;

/// steps + 1 times, from just below 1 down to 0, in fp64. Error bad_request unless 1 <= steps <= 4 and
/// sigma_max > 0.
std::vector<double> rcm_times(int steps, double sigma_max);

/// The network's input for time t: t * 1000 computed in fp32 and rounded to bf16 (987.65 -> 988). The
/// published networks were trained and are run with this rounding; skipping it changes the result by 8 to 29
/// %.
float network_time(double t);

/// For each of times.size() - 1 steps, whether the low-noise expert runs: from the first time below
/// `boundary` on.
std::vector<bool> low_noise_steps(const std::vector<double>& times, double boundary);

}  // namespace turbodiff::sampler
