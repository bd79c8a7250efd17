#include "pipeline/expected_time.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <tuple>

#include "core/os/signals.h"

namespace turbodiff::pipeline {

namespace {

/// Share of a bare matrix product's rate that a whole network reaches.
constexpr double network_efficiency = 0.6;

/// What a device does besides multiplying, roughly.
struct Pace {
  double bytes_per_s, operator_s;
};
constexpr Pace gpu_pace{1e12, 1e-5};
constexpr double core_bytes_per_s = 6e9, operator_on_cpu_s = 2e-5;
/// More cores than these do not read faster.
constexpr int reading_cores = 8;

/// Weights converted into memory; above this amount the machine's own rate is measured.
constexpr double load_bytes_per_s = 1e9, much_to_load = 64 << 20;
/// Opening the files, the first call of every library, starting the encoder; encoding a pixel.
constexpr double start_s = 0.06, encode_pixel_s = 4e-8;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Bytes a second that are converted into memory which the program has not had before, as weights are when
/// they are loaded. What the system does for each new page is most of it on some machines.
double timed_load_rate() {
  constexpr std::int64_t elements = 16 << 20;  // too large for the allocator to keep
  constexpr int enough = 2;
  const at::Tensor stored = at::ones({elements}, at::kBFloat16);
  double fastest = 1e9;
  for (int i = 0; i < enough; ++i) {
    core::throw_if_interrupted();
    const double started = now();
    const at::Tensor converted = stored.to(at::kFloat);
    fastest = std::min(fastest, now() - started);
  }
  return elements * sizeof(float) / fastest;
}

double load_rate(const Plan& plan) {
  if (!plan.runtime.device.is_cpu() || plan.loaded_bytes < much_to_load) return load_bytes_per_s;
  static const double rate = timed_load_rate();
  return rate;
}

double timed_rate(const Runtime& runtime) {
  const c10::InferenceMode inference;
  apply(runtime);
  // So short that some of them run from one end to the other before another program has its turn.
  constexpr std::int64_t size = 512;
  constexpr double long_enough_s = 0.1;
  constexpr int enough = 3;
  const auto options = at::TensorOptions().device(runtime.device).dtype(runtime.type);
  const at::Tensor a = at::ones({size, size}, options);
  at::matmul(a, a).cpu();
  const double begin = now();
  double fastest = 1e9;
  for (int product = 0; product < enough || now() - begin < long_enough_s; ++product) {
    core::throw_if_interrupted();
    const double started = now();
    at::matmul(a, a).slice(0, 0, 1).cpu();
    fastest = std::min(fastest, now() - started);
  }
  return 2.0 * size * size * size / fastest;
}

/// Operations of plain layers that take as long as the denoising.
double denoise_flops_as_plain(const Plan& plan, const std::filesystem::path& cache_folder) {
  if (plan.linear.kind != model::LinearKind::int8) return plan.denoise_flops;
  const double speedup = int8_speedup(plan.runtime, cache_folder).value_or(1);
  return plan.denoise_flops + plan.linear_flops * (1 / speedup - 1);
}

}  // namespace

double matrix_rate(const Runtime& runtime) {
  static std::map<std::tuple<std::string, at::ScalarType, int>, double> known;
  const auto place = known.try_emplace({runtime.device_name(), runtime.type, runtime.threads}, 0).first;
  if (place->second == 0) place->second = timed_rate(runtime);
  return place->second;
}

double expected_seconds(const Plan& plan, const std::filesystem::path& cache_folder) {
  const double flops = plan.text_flops + denoise_flops_as_plain(plan, cache_folder) + plan.decode_flops;
  const Pace pace =
      plan.runtime.device.is_cuda()
          ? gpu_pace
          : Pace{core_bytes_per_s * std::min(plan.runtime.threads, reading_cores), operator_on_cpu_s};
  const double rate = matrix_rate(plan.runtime) * network_efficiency;  // sets the threads, too
  return start_s + flops / rate + plan.traffic.bytes / pace.bytes_per_s +
         plan.traffic.operators * pace.operator_s + plan.loaded_bytes / load_rate(plan) +
         plan.pixels * encode_pixel_s;
}

}  // namespace turbodiff::pipeline
