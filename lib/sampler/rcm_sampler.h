// The sampler of rCM-distilled models. From x = t_0 * noise, for each step t -> t':
//   SDE:  x <- (1 - t') (x - t v) + t' * fresh noise        (noise is drawn at the last step too, times 0)
//   ODE:  x <- x - (t - t') v
// with v = denoiser(x, t) and x in fp64; t' * noise is rounded to the noise's type, as the reference does.
// Reference: inference/wan2.1_t2v_infer.py, inference/wan2.2_i2v_infer.py in thu-ml/TurboDiffusion.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <optional>
#include <vector>

namespace turbodiff::sampler {

/// The state after some of the steps.
struct RcmState {
  std::size_t steps_done = 0;
  at::Tensor x;  ///< fp64
};

struct RcmInputs {
  at::Tensor noise;           ///< any float type and shape
  std::vector<double> times;  ///< rcm_times()
  bool ode = false;
  std::optional<RcmState> resume;  ///< continue from here; the noise of the steps done is drawn and discarded
  /// Velocity at (x [fp64], t), for step `step`.
  std::function<at::Tensor(const at::Tensor& x, double t, std::size_t step)> denoiser;
  /// Fresh noise of x's shape for step `step`; called once a step, in order, in SDE runs only.
  std::function<at::Tensor(std::size_t step)> step_noise;
  /// Called with the state after each step and the number of steps done, and once before the first step; may
  /// be empty.
  std::function<void(std::size_t steps_done, const at::Tensor& x)> on_step;
  /// Called within each step but the last with the current estimate of the result, x - t v [fp64]; may be
  /// empty.
  std::function<void(const at::Tensor& estimate)> on_estimate;
};

/// The final state, fp64.
at::Tensor sample_rcm(const RcmInputs& inputs);

}  // namespace turbodiff::sampler
