#include "ops/int8/int8_speed.h"

#include <ATen/ATen.h>

#include <ctime>
#include <map>
#include <mutex>
#include <utility>

#include "ops/device/kernels_for.h"
#include "ops/device/speed.h"
#include "ops/int8/int8_linear.h"
#include "ops/linear.h"
#include "ops/one_thread.h"

namespace turbodiff::ops {

namespace {

/// Width of the smallest of the networks that int8 layers are for.
constexpr std::int64_t width = 1536;
/// Rows that keep a core busy for some milliseconds with int8 instructions, and without them.
constexpr std::int64_t rows_with_instructions = 1024, rows_without = 128;

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// On one thread and by its own processor time: what is found must not depend on how many threads there are,
/// or on what else the machine does.
double measured_on_cpu(at::ScalarType type) {
  const c10::InferenceMode inference;
  const OneThread alone;
  const at::Tensor x = at::ones({has_fast_int8() ? rows_with_instructions : rows_without, width}, type),
                   weight = at::ones({width, width}, type);
  const Int8Weight quantised(int8_quantise(weight.to(at::kFloat)));
  at::Tensor out;
  device::Measuring how{.now = thread_seconds};
  how.rounds = has_fast_int8() ? 4 : 3;
  how.repeats = 1;
  return device::times_faster([&] { out = ops::linear(x, weight, {}); },
                              [&] { out = int8_linear(Int8Input(x), quantised, {}); }, how);
}

std::optional<double> measured_on_cuda(c10::Device device) {
  const at::Tensor there = at::empty({1}, at::TensorOptions(device));
  const device::KernelSet* kernels = device::kernels_for(there, device::Group::int8_layers);
  if (kernels == nullptr) return std::nullopt;
  return device::int8_speedup(*kernels, {4096, 2048, 2048}, there.device(),
                              device::measuring_on(there.device()));
}

}  // namespace

std::optional<double> int8_speedup(c10::Device device, at::ScalarType type) {
  if (device.is_cuda() && type != at::kBFloat16) return std::nullopt;  // the kernels are for bf16
  static std::mutex mutex;
  static std::map<std::pair<int, at::ScalarType>, std::optional<double>> measured;
  const std::lock_guard lock(mutex);
  const auto [place, fresh] = measured.try_emplace({device.is_cuda() ? device.index() : -1, type});
  if (fresh) place->second = device.is_cuda() ? measured_on_cuda(device) : measured_on_cpu(type);
  return place->second;
}

}  // namespace turbodiff::ops
