#include "ops/device/speed.h"

#include <ATen/ATen.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <algorithm>
#include <chrono>

namespace turbodiff::ops::device {

/// Both kinds of work by turns, so that clocks and heat favour none; the first round warms up.
double times_faster(const std::function<void()>& plain, const std::function<void()>& fast,
                    const Measuring& how) {
  const auto seconds = [&](const std::function<void()>& work) {
    const double begin = how.now();
    for (int repeat = 0; repeat < how.repeats; ++repeat) work();
    return how.now() - begin;
  };
  double plain_s = 0, fast_s = 0;
  for (int round = 0; round < how.rounds; ++round) {
    const double a = seconds(plain), b = seconds(fast);
    plain_s = round < 2 ? a : std::min(plain_s, a);
    fast_s = round < 2 ? b : std::min(fast_s, b);
  }
  return plain_s / std::max(fast_s, 1e-12);
}

Measuring measuring_on(c10::Device device) {
  return {[device] {
    if (device.is_cuda()) at::detail::getCUDAHooks().deviceSynchronize(device.index());
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }};
}

double int8_speedup(const KernelSet& kernels, const Int8Shape& shape, c10::Device device,
                    const Measuring& how) {
  const at::Tensor x = at::ones({shape.rows, shape.in}, at::kBFloat16).to(device),
                   weight = at::ones({shape.out, shape.in}, at::kBFloat16).to(device);
  const Int8Matrix quantised = block_quantise(kernels, weight);
  at::Tensor out;
  return times_faster([&] { out = at::linear(x, weight); },
                      [&] { out = multiply(kernels, block_quantise(kernels, x), quantised, {}); }, how);
}

double e4m3_speedup(const KernelSet& kernels, std::int64_t length, std::int64_t heads, c10::Device device,
                    const Measuring& how) {
  constexpr std::int64_t d = kernels::sagesla_dim;
  const at::Tensor x = at::arange(length * heads * d, at::kFloat)
                           .sin()
                           .to(at::kBFloat16)
                           .to(device)
                           .view({1, length, heads, d});
  const SlaProjection projection{at::zeros({d, d}).to(device), at::zeros({d}).to(device)};
  const SlaOptions options{.int8_scores = true};
  at::Tensor out;
  const auto attend = [&](ValueType values) { out = sla(kernels, x, x, x, projection, options, values); };
  return times_faster([&] { attend(ValueType::fp16); }, [&] { attend(ValueType::e4m3); }, how);
}

}  // namespace turbodiff::ops::device
