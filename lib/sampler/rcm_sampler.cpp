#include "sampler/rcm_sampler.h"

#include <ATen/ATen.h>

namespace turbodiff::sampler {

at::Tensor sample_rcm(const RcmInputs& inputs) {
  const c10::InferenceMode inference;
  const auto& times = inputs.times;
  at::Tensor x = inputs.noise.to(at::kDouble) * times.front();
  if (inputs.on_step) inputs.on_step(0, x);
  for (std::size_t step = 0; step + 1 < times.size(); ++step) {
    const double t = times[step], next = times[step + 1];
    const at::Tensor v = inputs.denoiser(x, t, step).to(at::kDouble);
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
