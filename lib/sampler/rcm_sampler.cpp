#include "sampler/rcm_sampler.h"

#include <ATen/ATen.h>

namespace turbodiff::sampler {

at::Tensor sample_rcm(const RcmInputs& inputs) {
  const c10::InferenceMode inference;
  const auto& times = inputs.times;
  const std::size_t first = inputs.resume ? inputs.resume->steps_done : 0;
  at::Tensor x = inputs.resume ? inputs.resume->x : inputs.noise.to(at::kDouble) * times.front();
  if (!inputs.ode)
    for (std::size_t step = 0; step < first; ++step) inputs.step_noise(step);
  if (inputs.on_step) inputs.on_step(first, x);
  for (std::size_t step = first; step + 1 < times.size(); ++step) {
    const double t = times[step], next = times[step + 1];
    const at::Tensor v = inputs.denoiser(x, t, step).to(at::kDouble);
    if (inputs.on_estimate && step + 2 < times.size()) inputs.on_estimate(x - t * v);
    if (inputs.ode)
      x = x - (t - next) * v;
    else
      x = (1.0 - next) * (x - t * v) +
          inputs.step_noise(step) * next;  // this product in the noise's own type
    if (inputs.on_step) inputs.on_step(step + 1, x);
  }
  return x;
}

}  // namespace turbodiff::sampler
