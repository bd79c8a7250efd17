#include "ops/int8_speed.h"

#include <ATen/ATen.h>

#include <map>
#include <mutex>

#include "ops/device/kernels_for.h"
#include "ops/device/speed.h"

namespace turbodiff::ops {

std::optional<double> int8_speedup(c10::Device device) {
  static std::mutex mutex;
  static std::map<c10::DeviceIndex, std::optional<double>> measured;
  const std::lock_guard lock(mutex);
  const auto [place, fresh] = measured.try_emplace(device.index());
  if (!fresh) return place->second;
  const at::Tensor there = at::empty({1}, at::TensorOptions(device));
  if (const device::KernelSet* kernels = device::kernels_for(there, device::Group::int8_layers))
    place->second = device::int8_speedup(*kernels, {4096, 2048, 2048}, there.device(),
                                         device::measuring_on(there.device()));
  return place->second;
}

bool int8_pays(c10::Device device, at::ScalarType type) {
  if (!device.is_cuda()) return true;
  return type == at::kBFloat16 && int8_speedup(device).value_or(0) >= 1;
}

}  // namespace turbodiff::ops
